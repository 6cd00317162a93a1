"Folders and tables of images, as they come"

import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_nb.core.detect import Face
from fer_nb.core.preprocess import Preprocess, align_face, boxes_input, faces_input
from fer_nb.data.dataset import DataError
from fer_nb.data.folders import (
    _people,
    _person_pattern,
    load_dataset,
    read_crop,
    read_pictures,
    table_rows,
)
from fer_nb.data.layouts import list_folder

DOTS = np.float32([[30, 20], [60, 25], [44, 35], [33, 48], [55, 50]])


def put(folder, *names, mode='L'):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, (20, 20)).save(folder / name)


@pytest.fixture
def parts(tmp_path):
    "Two parts of two classes, an RGB and a gray image in each"
    for part in ('train', 'val'):
        put(tmp_path / part, 'sad/a.png', mode='RGB')
        put(tmp_path / part, 'happy/b.webp')
    return tmp_path


@pytest.fixture
def wide(tmp_path):
    "An image of 100×60, and its pixels"
    pixels = np.random.default_rng(0).integers(0, 256, (60, 100, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / 'wide.png')
    return tmp_path / 'wide.png', pixels


def test_an_empty_folder_says_what_it_should_hold(tmp_path):
    with pytest.raises(DataError, match='one folder for each class'):
        read_pictures(list_folder(tmp_path), name='empty')


def test_gray_and_color_become_what_the_network_takes(parts):
    ds, _ = read_pictures(list_folder(parts), pre=Preprocess(32, 3))
    assert ds.images.shape == (4, 32, 32, 3)
    assert ds.split.tolist() == [0, 0, 1, 1]


def test_a_folder_that_contains_itself_is_entered_once(parts):
    os.symlink(parts, parts / 'train/sad/loop')
    assert len(list_folder(parts)) == 4


def test_a_class_outside_the_label_set_is_left_out(parts):
    ds, problems = read_pictures(list_folder(parts), labels=['happy', 'angry'])
    assert (len(ds), len(problems)) == (2, 2)
    assert "'sad' is not in custom" in problems[0][1]


def test_strict_stops_at_the_first_problem(parts):
    with pytest.raises(DataError, match="'sad' is not in custom"):
        read_pictures(list_folder(parts), labels=['happy', 'angry'], strict=True)


def test_no_face_anywhere_is_said(parts):
    with pytest.raises(DataError, match='no face found'):
        read_pictures(list_folder(parts), detector=lambda image: [])


def test_a_whole_image_is_squared_as_a_box_is_not_squeezed(wide):
    path, pixels = wide
    squared = boxes_input(pixels, [(0, 0, 100, 60)], Preprocess(margin=0))[0]
    assert np.array_equal(read_crop(path, Preprocess(), None), squared.astype(np.uint8))


def test_a_face_with_landmarks_is_turned_upright(wide):
    path, pixels = wide
    upright = Preprocess(align=True)
    crop = read_crop(path, upright, lambda image: [Face((20, 5, 50, 50), 1.0, DOTS)])
    turned = faces_input([align_face(pixels, DOTS)], upright)[0]
    assert np.array_equal(crop, turned.astype(np.uint8))


def names(rows):
    return [(path.name, label, split) for path, label, split in rows]


def test_classes_may_be_called_as_parts_are(tmp_path):
    put(tmp_path, 'test/a.png', 'valid/b.png')
    assert names(list_folder(tmp_path)) == [('a.png', 'test', None), ('b.png', 'valid', None)]


def test_what_a_mac_and_jupyter_leave_behind_is_passed_over(tmp_path):
    put(tmp_path, 'test/a.png', 'valid/b.png')
    put(tmp_path, '__MACOSX/test/._a.png', 'test/.ipynb_checkpoints/a.png')
    assert len(list_folder(tmp_path)) == 2


def test_a_picture_beside_the_classes_of_its_part_has_no_class(tmp_path):
    put(tmp_path, 'test/a.png', 'test/sad/c.png', 'valid/b.png')
    wanted = [('a.png', '', 2), ('c.png', 'sad', 2), ('b.png', '', 1)]
    assert names(list_folder(tmp_path)) == wanted


def test_a_folder_beside_the_parts_is_refused(tmp_path):
    put(tmp_path, 'test/sad/c.png', 'dev/sad/d.png')
    with pytest.raises(DataError, match='dev is no split, but stands beside one'):
        list_folder(tmp_path)


@pytest.mark.parametrize('subject, why', [(r'S\d', 'has no group'), ('(', 'is not understood')])
def test_a_pattern_that_names_nobody_is_refused(subject, why):
    with pytest.raises(DataError, match=why):
        _person_pattern(subject)


def test_a_pattern_that_matches_no_file_is_refused():
    with pytest.raises(DataError, match='names nobody'):
        _people(['a/x.png'], _person_pattern('(S)'), has_splits=False)


# --- tables -------------------------------------------------------------------------------------


def test_none_and_na_are_classes_not_gaps(tmp_path):
    (tmp_path / 'none.csv').write_text('path,label\n0.png,None\n1.png,NA\n')
    assert [label for _, label, _ in table_rows(tmp_path / 'none.csv')] == ['None', 'NA']


TWICE = pd.DataFrame([['a', 'b', 'c']], columns=['path', 'label', 'Label'])
OTHER = pd.DataFrame({'file': [1]})
HOLDOUT = pd.DataFrame({'path': ['a'], 'label': ['sad'], 'split': ['holdout']})


@pytest.mark.parametrize(
    'table, why',
    [
        (TWICE, 'the column label more than once'),
        (OTHER, 'no column path and no label'),
        (HOLDOUT, "row 1: split 'holdout' is not train, validation or test"),
    ],
    ids=['twice', 'other columns', 'unknown part'],
)
def test_a_table_that_is_not_understood_is_refused(table, why):
    with pytest.raises(DataError, match=why):
        table_rows(table)


def test_a_table_as_excel_saves_it_with_gaps(tmp_path):
    put(tmp_path, '0.png', '1.png')
    lines = ['\ufeff"path","label",split', '0.png,sad,train ', '1.png,happy,']
    lines += [',happy,test', '1.png,,test', '']
    (tmp_path / 'excel.csv').write_text('\n'.join(lines), encoding='utf-8')
    ds, problems = load_dataset(tmp_path / 'excel.csv')
    assert ds.label_set.labels == ('happy', 'sad')
    assert ds.split.tolist() == [0, 0]
    assert [why for _, why in problems] == ['a row without a path or without a label'] * 2


def test_fer2013_takes_its_own_labels_only(tmp_path):
    (tmp_path / 'f.csv').write_text('emotion,pixels,Usage\n')
    with pytest.raises(DataError, match='not those of ferplus; leave the label set out'):
        load_dataset(tmp_path / 'f.csv', 'ferplus')


def test_fer2013_comes_with_all_its_problems(tmp_path):
    row = ','.join(['3', ' '.join(['7'] * 48 * 48), 'Training'])
    lines = ['emotion,pixels,Usage', row, row, f'9{row[1:]}', '']
    (tmp_path / 'fer2013.csv').write_text('\n'.join(lines))
    ds, problems = load_dataset(tmp_path / 'fer2013.csv')
    assert len(ds) == 2
    assert problems == [(4, "emotion '9' is not 0 to 6")]


@pytest.mark.parametrize('name', ['no.csv', 'no.npz'])
def test_a_file_that_is_not_there_is_said(name):
    with pytest.raises(DataError, match='is not there'):
        load_dataset(name)
