"Data that come in parts of their own may lack a class in one of them, and whoever trains is told"

import warnings
import numpy as np
import pytest

pytest.importorskip('keras')

import fer_nb.training.train
from fer_nb.data.dataset import FaceDataset
from fer_nb.core.labels import get_label_set
from fer_nb.core.preprocess import Preprocess
from fer_nb.training.config import TrainConfig, TrainError
from fer_nb.training.train import train


def notes(monkeypatch, tmp_path, parts):
    "What is said before the network is built, for the classes in train, validation and test"

    def stop(*_):
        raise TrainError('far enough')

    monkeypatch.setattr(fer_nb.training.train, 'new_network', stop)
    labels = np.concatenate(parts).astype(np.uint8)
    split = np.repeat([0, 1, 2], [len(p) for p in parts]).astype(np.uint8)
    faces = np.zeros((len(labels), 16, 16), np.uint8)
    names = get_label_set(['sad', 'happy', 'angry'])
    ds = FaceDataset(faces, labels, split, names, np.arange(len(labels)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        with pytest.raises(TrainError, match='far enough'):
            train(TrainConfig(labels='custom', preprocess=Preprocess(16)), ds, tmp_path)
    return [str(w.message) for w in said if 'part has no faces' in str(w.message)]


@pytest.mark.parametrize(
    'parts, lacking',
    [
        (([0, 1, 2], [0, 1], [0, 1, 2]), ['the validation part has no faces of angry']),
        (([0, 1, 2], [0, 1, 2], [1]), ['the test part has no faces of sad, angry']),
        (
            ([0, 1], [0, 1], [0, 1, 2]),
            ['train part has no faces of angry', 'validation part has no faces of angry'],
        ),
    ],
)
def test_a_part_that_lacks_a_class_is_told_in_a_line(monkeypatch, tmp_path, parts, lacking):
    (note,) = notes(monkeypatch, tmp_path, parts)
    assert '\n' not in note and note.count('part has no faces') == len(lacking)
    assert all(text in note for text in lacking)


@pytest.mark.parametrize('parts', [([0, 1, 2],) * 3, ([0, 1, 2], [0, 1, 2], [])])
def test_whole_parts_and_no_test_part_are_no_news(monkeypatch, tmp_path, parts):
    assert not notes(monkeypatch, tmp_path, parts)
