"What a recognizer answers in corner cases, and how its answers are shown"

import json
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from fer_nb.core.detect import Face
from fer_nb.core.emotions import EMOTIONS, Emotion
from fer_nb.core.labels import LabelError
from fer_nb.core.model_folder import ModelError
from fer_nb.core.image_limits import ImageError
from fer_nb.inference.recognize import Recognition, Recognitions, Recognizer, annotate, face_flags

BOX = (173, 68, 95, 128)  # the astronaut's face


def one_face(label='happy', emotion=None):
    probabilities = {label: 0.8, 'sad': 0.2}
    emotion = emotion or EMOTIONS[label]
    return Recognition((1, 2, 3, 4), 0.9, label, 0.8, probabilities, emotion)


@pytest.fixture(scope='module')
def photo():
    from skimage.data import astronaut

    return astronaut()


@pytest.fixture(scope='module')
def recognizer():
    return Recognizer.load('mini_xception', detector='haar', threads=1)


@pytest.fixture(scope='module')
def found(recognizer, photo):
    return recognizer(photo)


@pytest.fixture
def box(found):
    return [Face(found[0].box, found[0].score)]


# Tables


def test_a_table_has_a_column_for_each_label():
    columns = ['face', 'x', 'y', 'w', 'h', 'score', 'label', 'confidence']
    expected = [*columns, 'happy', 'sad', 'sure', 'flags']
    assert Recognitions([one_face()]).to_frame().columns.tolist() == expected


def test_a_table_without_a_face_has_the_same_columns():
    empty = Recognitions(labels=('happy', 'sad')).to_frame()
    assert len(empty) == 0
    assert [*empty] == [*Recognitions([one_face()]).to_frame()]


def test_a_list_without_labels_has_an_empty_table():
    assert len(Recognitions().to_frame()) == 0


def test_answers_survive_json(found):
    assert json.loads(json.dumps(one_face().to_dict()))['box'] == [1, 2, 3, 4]
    assert json.loads(json.dumps(found.to_dicts()))[0]['label'] == 'happy'


def test_a_label_cannot_run_a_script_in_the_page():
    bad = '<img src=x onerror=alert(1)>'
    shown = Recognitions([one_face(bad, Emotion(bad, bad))])._repr_html_()
    assert bad not in shown
    assert shown.count('&lt;img') == 3


# Flags


@pytest.mark.parametrize('box', [(0, 0, 20, 24), np.array([0, 0, 20, 24])])
def test_a_small_face_is_flagged(box):
    sharp = np.random.default_rng(0).uniform(0, 255, (48, 48, 1)).astype(np.float32)
    assert face_flags(box, sharp) == ('small',)


def test_a_flat_face_is_blurred():
    assert face_flags((0, 0, 90, 90), np.full((48, 48, 1), 9, np.float32)) == ('blurred',)


# Answers


def test_probabilities_sum_to_one(found):
    assert sum(found[0].probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_confidence_is_the_largest_probability(found):
    assert found[0].confidence == max(found[0].probabilities.values())


def test_under_the_threshold_the_label_stays_and_not_sure_is_shown(photo, found):
    careful = Recognizer.load('mini_xception', 'haar', threshold=0.999)(photo)[0]
    assert (careful.label, careful.sure, careful.shown) == ('happy', False, 'not sure')
    assert (found[0].sure, found[0].shown) == (True, 'happy')


def test_no_face_is_an_answer(recognizer):
    assert recognizer(np.zeros((60, 60, 3), np.uint8)) == []


def test_two_faces_get_two_answers(recognizer, photo):
    two = np.hstack([photo, photo[:, ::-1]])
    assert [r.label for r in recognizer(two)][:2] == ['happy', 'happy']


def test_an_image_without_a_face_shifts_no_answer(recognizer, photo, found, box):
    answers = recognizer.many([photo, photo[:9], photo], [box, [], box])
    assert answers[1] == []
    assert answers[2][0].probabilities == found[0].probabilities


def test_faces_may_come_from_a_generator(recognizer, photo, found):
    photos = [photo] * 2
    assert recognizer.many(photos, map(recognizer.detector, photos)) == [found] * 2


def test_equal_answers_are_equal(recognizer, photo, found):
    assert recognizer(photo) == found
    assert len({found[0], recognizer(photo)[0]}) == 1


def test_a_pillow_image_is_taken(recognizer, photo):
    assert recognizer(Image.fromarray(photo))[0].label == 'happy'


def test_any_callable_is_a_detector():
    whole = Recognizer.load(detector=lambda im: [Face((0, 0, im.shape[1], im.shape[0]), 1.0)])
    assert whole(np.full((48, 48), 9, np.uint8))[0].box == (0, 0, 48, 48)


def test_a_detector_may_give_a_generator_of_numpy_numbers(recognizer, photo, found, box):
    faces = [Face(np.float32(f.box), np.float32(f.score)) for f in box]
    odd = Recognizer(recognizer.model, lambda image: iter(faces))
    assert odd(photo)[0].box == found[0].box
    assert '"box"' in json.dumps(odd(photo).to_dicts())


# Refusals


def test_bytes_that_are_no_picture_are_refused(recognizer):
    with pytest.raises(ImageError, match='not a picture'):
        recognizer(b'no picture')


def test_an_image_of_fractions_is_refused(recognizer, photo, box):
    with pytest.raises(ImageError):
        recognizer.many([photo / 255.0], [box])


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="no model 'nobody'"):
        Recognizer.load('nobody', 'haar')


def test_labels_that_the_model_lacks_are_named():
    with pytest.raises((ModelError, LabelError), match="no output 'ferplus'"):
        Recognizer.load('mini_xception', 'haar', labels='ferplus')


def test_nothing_heavy_is_imported():
    code = """
import sys
import fer_nb.inference.recognize
print([m for m in ('tensorflow', 'keras', 'pandas', 'matplotlib') if m in sys.modules])
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'


# Drawings


def test_words_numbers_and_doubt_are_drawn(photo, found):
    drawn = [
        annotate(photo, found),
        annotate(photo, found, 'hi'),
        annotate(photo, found, numbers=[7]),
        annotate(photo, Recognitions([replace(found[0], sure=False)])),
    ]
    assert all((a != b).any() for a, b in combinations([photo, *drawn], 2))


def test_icons_stand_for_emojis(tmp_path, photo, found):
    blue = (1, 2, 3)
    Image.new('RGBA', (9, 9), (*blue, 255)).save(tmp_path / 'happy.png')
    marked = Recognizer.load('mini_xception', 'haar', icons=tmp_path)(photo)
    assert 'data:image/png;base64' in marked._repr_html_()
    assert '😄' in found._repr_html_()
    assert (annotate(photo, marked) == blue).all(axis=2).any()
    assert not (annotate(photo, found) == blue).all(axis=2).any()
