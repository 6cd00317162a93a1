"Folders as other people lay them out: parts are parts, and no class vanishes"

import os
import re

import numpy as np
import pytest
from PIL import Image

from fer_nb.data.dataset import DataError
from fer_nb.data.folders import load_dataset
from fer_nb.data.layouts import list_folder

CLASSES = ('angry', 'happy', 'sad')


def fill(folder, n=10, ending='.png'):
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(n):
        picture = Image.fromarray(rng.integers(0, 255, (12, 12), dtype='u1'))
        picture.save(folder / f'{i}{ending}', format='PNG')


def lay_out(folder, tops, classes=CLASSES, n=3):
    for top in tops:
        for c in classes:
            fill(folder / top / c, n)
    return folder


PARTS = {
    'affectnet': ('train_set', 'val_set'),
    'ferplus': ('FER2013Train', 'FER2013Valid', 'FER2013Test'),
    'usages': ('FER2013Training', 'FER2013PublicTest', 'FER2013PrivateTest'),
    'data': ('train_data', 'test_data'),
    'images': ('train_images', 'test_images'),
    'keras': ('training_set', 'test_set'),
    'numbered': ('01_train', '02_test'),
    'underlined': ('Train_', 'Test_'),
    'run together': ('trainset', 'valset', 'testset'),
    'named': ('RAFDB-train', 'RAFDB-test'),
}


@pytest.mark.filterwarnings('ignore:.*no validation part')
@pytest.mark.parametrize('tops', PARTS.values(), ids=PARTS)
def test_parts_are_known_by_the_word_in_their_name(tmp_path, tops):
    ds, problems = load_dataset(lay_out(tmp_path / 'd', tops))
    assert ds.label_set.labels == CLASSES
    assert problems == []
    place = {p: t for t in tops for p in ds.ids if f'{os.sep}{t}{os.sep}' in p}
    for path, split in zip(ds.ids, ds.split):
        top = place[path].lower()
        if 'public' in top or 'val' in top:
            assert split == 1
        elif 'test' in top:
            assert split == 2
        else:
            assert split == 0 or ds.carved


NO_CLASSES = {
    'dev': ('dev', 'eval'),
    'folds': ('fold1', 'fold2'),
    'persons': ('S01', 'S02', 'S03'),
    'cameras': ('left', 'right'),
}


@pytest.mark.parametrize('tops', NO_CLASSES.values(), ids=NO_CLASSES)
def test_folds_persons_and_cameras_are_no_classes(tmp_path, tops):
    with pytest.raises(
        DataError, match='do not look like classes; put pictures into one folder'
    ) as e:
        load_dataset(lay_out(tmp_path / 'd', tops))
    assert '\n' not in str(e.value)


def test_persons_within_parts_are_no_classes(tmp_path):
    for part in ('train', 'test'):
        lay_out(tmp_path / 'd' / part, ('S01', 'S02'))
    with pytest.raises(DataError, match='do not look like classes'):
        load_dataset(tmp_path / 'd')


def test_folds_of_classes_that_nobody_knows(tmp_path):
    lay_out(tmp_path / 'd', ('east', 'west'), ('bored', 'confused'))
    with pytest.raises(DataError, match='do not look like classes'):
        load_dataset(tmp_path / 'd')


@pytest.mark.parametrize('classes', [CLASSES, ('bored', 'confused')], ids=['known', 'own'])
def test_persons_inside_classes_are_read(tmp_path, classes):
    ds, _ = load_dataset(lay_out(tmp_path / 'd', classes, ('S01', 'S02', 'S03', 'S04'), 3))
    assert ds.label_set.labels == classes


def test_own_classes_with_one_folder_each_are_read(tmp_path):
    ds, _ = load_dataset(lay_out(tmp_path / 'd', ('bored', 'confused'), ('images',), 10))
    assert ds.label_set.labels == ('bored', 'confused')


def test_a_folder_around_the_classes_is_named(tmp_path):
    lay_out(tmp_path / 'd', ('faces',))
    with pytest.raises(DataError, match=re.escape(f"give {tmp_path / 'd' / 'faces'}")):
        load_dataset(tmp_path / 'd')


def test_folds_with_parts_are_not_mixed(tmp_path):
    lay_out(tmp_path / 'd', ('fold1_train', 'fold1_test', 'fold2_train', 'fold2_test'))
    with pytest.raises(
        DataError, match='fold1_train and fold2_train both sound like the train part'
    ):
        load_dataset(tmp_path / 'd')


def link(path, target):
    try:
        os.symlink(target, path, target_is_directory=True)
    except OSError:
        pytest.skip('this system makes no links')


def two_classes(folder):
    for c in ('happy', 'sad'):
        fill(folder / c)
    return folder


def test_a_linked_class_is_read(tmp_path):
    fill(tmp_path / 'elsewhere')
    link(two_classes(tmp_path / 'd') / 'angry', tmp_path / 'elsewhere')
    ds, problems = load_dataset(tmp_path / 'd')
    assert ds.counts().sum(axis=1).to_dict() == {'angry': 10, 'happy': 10, 'sad': 10}
    assert problems == []


def test_a_folder_of_links_only_is_read(tmp_path):
    (tmp_path / 'd').mkdir()
    for c in CLASSES:
        fill(tmp_path / 'elsewhere' / c)
        link(tmp_path / 'd' / c, tmp_path / 'elsewhere' / c)
    assert len(load_dataset(tmp_path / 'd')[0]) == 30


def test_links_in_a_circle_end(tmp_path):
    folder = two_classes(tmp_path / 'd')
    link(folder / 'happy' / 'all', folder)
    link(folder / 'sad' / 'self', folder / 'sad')
    rows = list_folder(folder)
    assert {label for _, label, _ in rows} == {'happy', 'sad'}
    assert len({path for path, label, _ in rows if path.parent == folder / 'happy'}) == 10


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    link(two_classes(tmp_path / 'd') / 'angry', tmp_path / 'gone')
    _, problems = load_dataset(tmp_path / 'd')
    assert problems == [
        (str(tmp_path / 'd' / 'angry'), 'is a link that leads nowhere; mend it, or remove it')
    ]


def lost_class(folder, part, kind):
    "A data set whose class angry cannot be read, in the folder or in its training part"
    if part:
        two_classes(folder / 'test')
    angry = two_classes(folder / part) / 'angry'
    if kind == 'empty':
        angry.mkdir()
    else:
        fill(angry, ending=kind)
    return angry


@pytest.mark.filterwarnings('ignore:.*no validation part')
@pytest.mark.parametrize('part', ['', 'train'])
@pytest.mark.parametrize(
    'kind, why',
    [
        ('.pgm', 'none of its 10 files is read (10 .pgm)'),
        ('.jp2', 'none of its 10 files is read (10 .jp2)'),
        ('.npy', 'none of its 10 files is read (10 .npy)'),
        ('.mp4', 'none of its 10 files is read (10 .mp4)'),
        ('', 'none of its 10 files is read (10 without ending)'),
        ('empty', 'an empty folder'),
    ],
)
def test_a_class_without_readable_pictures_is_named(tmp_path, part, kind, why):
    angry = lost_class(tmp_path / 'd', part, kind)
    ds, problems = load_dataset(tmp_path / 'd')
    assert ds.label_set.labels == ('happy', 'sad')
    assert [path for path, _ in problems] == [str(angry)]
    assert problems[0][1].startswith(why)
    with pytest.raises(DataError, match=re.escape(why)):
        load_dataset(tmp_path / 'd', strict=True)
    with pytest.warns(UserWarning, match=re.escape(why)):
        list_folder(tmp_path / 'd')


def test_pictures_of_a_kind_that_is_not_read_are_counted(tmp_path):
    folder = two_classes(tmp_path / 'd')
    (folder / 'sad' / 'a.jp2').write_bytes(b'')
    (folder / 'sad' / 'notes.txt').write_text('no picture, and not meant to be one')
    _, problems = load_dataset(folder)
    assert [why[:37] for _, why in problems] == ['1 of its 12 files are not read (1 .jp2'[:37]]


@pytest.mark.filterwarnings('ignore:.*no validation part')
def test_a_table_beside_the_classes_of_a_part_is_no_lost_class(tmp_path):
    for part in ('train', 'test'):
        (two_classes(tmp_path / 'd' / part) / 'labels.txt').write_text('')
    assert load_dataset(tmp_path / 'd')[1] == []


def test_pictures_beside_the_classes_are_said(tmp_path):
    folder = two_classes(tmp_path / 'd')
    Image.new('L', (9, 9)).save(folder / 'a.png')
    assert load_dataset(folder)[1] == [
        (str(folder), '1 pictures lie beside the class folders, so they have no class')
    ]


@pytest.mark.skipif(
    not hasattr(os, 'geteuid') or os.geteuid() == 0, reason='this user may read everything'
)
def test_a_class_that_may_not_be_read_is_named(tmp_path):
    angry = lost_class(tmp_path / 'd', '', '.png')
    angry.chmod(0)
    try:
        assert (str(angry), 'may not be read; check its permissions') in load_dataset(
            tmp_path / 'd'
        )[1]
    finally:
        angry.chmod(0o755)
