"Arrays of other people: what a network would take in silence is refused in one line"

from dataclasses import replace

import numpy as np
import pytest

from fer_nb.core.labels import LabelError, LabelSet
from fer_nb.data.arrays import own_label_set, read_npz, save_npz
from fer_nb.data.dataset import DataError, FaceDataset


@pytest.fixture
def write(tmp_path):
    "Write an .npz of six faces, with other arrays in place of these"

    def writer(**other):
        arrays = {
            'images': np.zeros((6, 48, 48), np.uint8),
            'labels': np.arange(6),
            'split': ['train'] * 6,
        }
        np.savez(tmp_path / 'a.npz', **{**arrays, **other})
        return tmp_path / 'a.npz'

    return writer


REFUSED = {
    'floats for pixels': ({'images': np.zeros((6, 48, 48))}, 'must be N×H×W'),
    'four channels': ({'images': np.zeros((6, 48, 48, 4), np.uint8)}, 'must be N×H×W'),
    'not square': ({'images': np.zeros((6, 48, 32), np.uint8)}, 'must be square, not 48×32'),
    'no pixels': ({'images': np.zeros((6, 0, 0), np.uint8)}, 'have no pixels'),
    'labels too high': ({'labels': np.arange(6) + 3}, 'labels must be 0 to 6'),
    'labels as a table': ({'labels': np.eye(6, 7)}, 'labels must be N ints'),
    'labels that were scaled': ({'labels': np.arange(6) * 0.7}, 'labels are not whole numbers'),
    'an unknown part': (
        {'split': ['train'] * 5 + ['holdout']},
        "row 6: split 'holdout' is not train",
    ),
    'too few parts': ({'split': ['train']}, '6 faces and 1 names of splits'),
    'parts that are no list': ({'split': 'train'}, 'split must be a list'),
    'names that are no list': ({'names': 'x'}, 'names must be a list'),
    'too few ids': ({'ids': [1]}, '6 faces and 1 ids'),
    'soft of five classes': ({'soft': np.full((6, 5), 0.2)}, 'soft must be 6×7, not 6×5'),
    'soft of five faces': ({'soft': np.full((5, 7), 1 / 7)}, 'soft must be 6×7'),
    'soft that are counts': ({'soft': np.ones((6, 7))}, 'those of face 0 sum to 7'),
    'soft that is no number': ({'soft': np.full((6, 7), np.nan)}, 'soft must be shares'),
    'soft of nothing': ({'soft': np.zeros((6, 7))}, 'sum to 0'),
    'votes of seven classes': (
        {'votes_ferplus': np.full((6, 7), 1 / 7)},
        'votes_ferplus must be 6×8',
    ),
    'votes that are counts': ({'votes_mine': np.ones((6, 2))}, 'sum to 2'),
}


@pytest.mark.parametrize('arrays, why', REFUSED.values(), ids=REFUSED)
def test_arrays_that_are_no_data_set_are_refused(write, arrays, why):
    with pytest.raises(DataError, match=why):
        read_npz(write(**arrays))


def test_no_faces_are_refused(write):
    none = {'images': np.zeros((0, 48, 48), np.uint8), 'labels': np.zeros(0, int), 'split': []}
    with pytest.raises(DataError, match='holds no faces'):
        read_npz(write(**none))


@pytest.mark.parametrize('content', [b'', b'no'], ids=['empty', 'text'])
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / 'x.npz').write_bytes(content)
    with pytest.raises(DataError, match='is not understood'):
        read_npz(tmp_path / 'x.npz')


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(DataError, match='is not there'):
        read_npz('no.npz')


def test_an_unknown_label_set_is_refused(write):
    with pytest.raises(LabelError, match='nosuch'):
        read_npz(write(), 'nosuch')


def test_a_class_too_small_to_split_is_named(tmp_path):
    np.savez(tmp_path / 'few.npz', images=np.zeros((6, 48, 48), np.uint8), labels=np.arange(6))
    with pytest.raises(DataError, match='the class angry has 1 picture; a split needs at least 3'):
        read_npz(tmp_path / 'few.npz')


def test_one_channel_is_gray(write):
    ds = read_npz(write(images=np.zeros((6, 48, 48, 1), np.uint8)))
    assert ds.images.shape == (6, 48, 48)


def test_labels_may_be_floats_that_are_whole(write):
    assert read_npz(write(labels=np.arange(6.0))).labels.tolist() == list(range(6))


def test_usage_names_parts_as_fer2013_does(write):
    usage = ['Training'] * 4 + ['PublicTest', 'PrivateTest']
    assert read_npz(write(usage=usage)).split.tolist() == [0, 0, 0, 0, 1, 2]


def test_nobody_may_have_voted_on_a_face(write):
    ds = read_npz(write(votes_ferplus=np.zeros((6, 8))))
    assert ds.votes['ferplus'].sum() == 0


def test_two_names_of_one_class_are_joined(write):
    arrays = {'labels': [0, 1, 2] * 2, 'names': ['joy', 'happiness', 'sad']}
    ds = read_npz(write(**arrays, soft=[[0.3, 0.5, 0.2]] * 6), 'fer2013')
    assert ds.labels.tolist() == [3, 3, 4] * 2
    np.testing.assert_allclose(ds.soft[0], [0, 0, 0, 0.8, 0.2, 0, 0], rtol=1e-6)


@pytest.mark.parametrize('label', [-1, 3])
def test_a_label_beyond_the_names_is_refused(write, label):
    names = ['sad', 'happy', 'fear']
    with pytest.raises(DataError, match='labels must be 0 to 2'):
        read_npz(write(labels=[0, 1, 2, 0, 1, label], names=names), 'fer2013')


@pytest.fixture
def ds():
    return FaceDataset(
        images=np.zeros((8, 48, 48), np.uint8),
        labels=np.array([0, 1] * 4, np.uint8),
        split=np.array([0] * 5 + [1, 1, 2], np.uint8),
        label_set=LabelSet('faces', ('happy', 'sad')),
        ids=np.array([f'{i}.png' for i in range(8)]),
        soft=np.float32([[0.9, 0.1]] * 8),
        votes={'ferplus': np.eye(8, dtype=np.float32)},
    )


def test_a_data_set_comes_back_as_it_was_saved(ds, tmp_path):
    save_npz(ds, tmp_path / 'b.npz')
    again = read_npz(tmp_path / 'b.npz')
    assert again.label_set.labels == ds.label_set.labels
    for name in ('images', 'labels', 'split', 'ids', 'soft'):
        assert np.array_equal(getattr(again, name), getattr(ds, name)), name
    assert np.array_equal(again.votes['ferplus'], ds.votes['ferplus'])


def test_labels_and_shares_follow_the_order_that_was_asked_for(ds, tmp_path):
    save_npz(ds, tmp_path / 'b.npz')
    turned = read_npz(tmp_path / 'b.npz', ['sad', 'happy'])
    assert turned.label_set.labels == ('sad', 'happy')
    assert turned.labels.tolist() == (1 - ds.labels).tolist()
    np.testing.assert_allclose(turned.soft, [[0.1, 0.9]] * 8, rtol=1e-6)


def test_the_ending_is_added(ds, tmp_path):
    save_npz(replace(ds, soft=None), tmp_path / 'faces')
    assert (tmp_path / 'faces.npz').exists()


def test_own_classes_do_not_take_the_name_of_a_known_set():
    assert own_label_set('fer2013', ('a', 'b')).name == 'fer2013_own'
    assert own_label_set('mine', ('a', 'b')).name == 'mine'
