"Labels: odd names, label files that are wrong, mappings and icons"

import pytest
from PIL import Image

from fer_nb.core.emotions import EMOTIONS, Emotion
from fer_nb.core.labels import LabelError, LabelSet, get_label_set, map_labels, with_icons

FER2013 = get_label_set('fer2013')
FERPLUS = get_label_set('ferplus')


def test_words_come_in_the_language_of_a_region():
    assert EMOTIONS['happy'].word('es-MX') == 'alegría'


def test_an_unknown_language_gets_the_name():
    assert EMOTIONS['happy'].word('xx') == 'happy'


def test_every_emotion_has_all_words():
    assert {len(emotion.words) for emotion in EMOTIONS.values()} == {8}


def test_an_emoji_brings_no_page_of_its_own():
    assert Emotion('<b>', '<i>').html == '&lt;i&gt;'


@pytest.mark.parametrize('names', [('surprise', 'meh'), ('happy', 'disgust', 'tired', 'meh')])
def test_no_two_classes_have_the_same_color(names):
    assert len({emotion.color for emotion in LabelSet('s', names).emotions}) == len(names)


def test_there_may_be_more_classes_than_colors():
    assert len(LabelSet('many', [f'c{i}' for i in range(20)]).emotions) == 20


def test_an_unknown_class_has_a_plain_mark():
    assert get_label_set(['Joy', 'meh']).emotion('meh') == Emotion('meh', '▪', '#56B4E9')


@pytest.mark.parametrize(
    ('name', 'plain'),
    [
        ('my faces', 'my_faces'),
        ('faces', 'faces_labels'),
        ('Gefühle!', 'Gef_hle'),
        ('', 'own_labels'),
        ('mine-2.0', 'mine-2.0'),
    ],
)
def test_a_name_becomes_one_that_a_layer_may_have(name, plain):
    assert LabelSet(name, ('a', 'b')).name == plain


@pytest.mark.parametrize(
    ('labels', 'why'),
    [
        (('a', 'A'), 'more than once'),
        (('a',), 'at least two'),
        (('a', ' '), 'none of them empty'),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(labels, why):
    with pytest.raises(LabelError, match=why):
        LabelSet('x', labels)


def test_a_label_of_another_set_is_refused():
    with pytest.raises(LabelError, match="'contempt' is not in fer2013"):
        FER2013.index('contempt')
    with pytest.raises(LabelError, match="'bored' is not in fer2013"):
        FER2013.emotion('bored')


@pytest.mark.parametrize(
    ('asked', 'why'),
    [('fer2014', 'choose fer2013, ferplus'), ('/no/x.json', 'is not there')],
)
def test_a_set_that_is_not_known_is_refused(asked, why):
    with pytest.raises(LabelError, match=why):
        get_label_set(asked)


def test_a_set_is_itself_and_can_be_hashed():
    assert get_label_set(FER2013) is FER2013
    assert FER2013[6] == 'neutral'
    assert len(FERPLUS) == 8
    assert hash(FER2013) == hash(get_label_set('fer2013'))


def test_an_alias_of_ones_own_comes_before_the_tables(tmp_path):
    path = tmp_path / 'x.json'
    path.write_text('{"labels":[{"name":"worried","aliases":["Afraid"]}, "fear", "<b>"]}')
    labels = get_label_set(path)
    assert [labels.index(name) for name in ('afraid', 'Fear', 'scared')] == [0, 1, 1]


def test_a_label_file_says_how_its_labels_are_shown(tmp_path):
    path = tmp_path / 'class.json'
    path.write_text(
        '{"name": "class", "labels": ["happy", {"name": "confused", "words": {"es": "confuso"}}]}'
    )
    labels = get_label_set(path)
    assert labels.emotion('confused').word('es') == 'confuso'
    assert labels.emotion('Happiness').name == 'happy'
    with pytest.raises(LabelError, match="'bored' is not in class"):
        labels.emotion('bored')


@pytest.mark.parametrize(
    'text',
    [
        '',
        '[]',
        '{}',
        '{"labels":["a",{"name":"b","aliases":"c"}]}',
        '{"labels":[1,2]}',
        '{"labels":[{"emoji":"x"},"b"]}',
        '{"labels":["a",{"name":"b","color":"red"}]}',
    ],
)
def test_a_wrong_label_file_is_refused(tmp_path, text):
    path = tmp_path / 'x.json'
    path.write_text(text)
    with pytest.raises(LabelError, match='is not a label file'):
        get_label_set(path)


def test_a_mapping_from_a_label_that_is_not_there_is_refused():
    with pytest.raises(LabelError, match='is not in fer2013'):
        map_labels(FER2013, FERPLUS, {'bored': 'sad'})


def test_a_mapping_may_name_an_alias():
    own = {'confused': Emotion('confused', aliases=('puzzled',))}
    source = LabelSet('s', ('calm', 'confused'), own)
    assert map_labels(source, FER2013, {'puzzled': 'sad'}) == ([-1, 4], ['calm'])


def test_a_mapping_goes_by_the_aliases_of_the_target():
    own = {'confused': Emotion('confused', aliases=('puzzled',))}
    target = LabelSet('t', ('happy', 'confused'), own)
    source = LabelSet('other', ('puzzled', 'sad'))
    assert map_labels(source, target) == ([1, -1], ['sad'])


def test_ferplus_maps_to_fer2013():
    assert map_labels(FERPLUS, FER2013) == ([6, 3, 5, 4, 0, 1, 2, -1], ['contempt'])
    assert map_labels(FERPLUS, FER2013, {'contempt': 'disgust'})[0][-1] == 1


def test_no_folder_of_icons_changes_nothing():
    assert with_icons(FER2013) == FER2013


def test_an_icon_keeps_the_emoji_for_text(tmp_path):
    Image.new('RGBA', (9, 9)).save(tmp_path / 'happy.png')
    assert with_icons(FER2013, tmp_path).emotion('happy').emoji == '😄'


def test_a_folder_without_icons_is_refused(tmp_path):
    with pytest.raises(LabelError, match='angry.png'):
        with_icons(FER2013, tmp_path)


def test_a_damaged_icon_is_refused(tmp_path):
    (tmp_path / 'happy.png').touch()
    with pytest.raises(LabelError, match='is not a picture that can be read'):
        with_icons(FER2013, tmp_path)
