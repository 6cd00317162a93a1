"On the real FER2013, where it is there"

import json
import subprocess

import numpy as np
import pytest
from conftest import SHARED, TOP

SPLITS = ('train', 'validation', 'test')
TRAINED = sorted(path.parent.name for path in TOP.glob('models/*/metrics.json'))


@pytest.fixture(scope='module')
def votes_path():
    places = (TOP / 'data/fer2013new.csv', SHARED / 'data/fer2013/fer2013new.csv')
    for path in places:
        if path.exists():
            return path
    pytest.skip('no data/fer2013new.csv (the FER+ votes): data/README.md says how to get it')


def test_fer2013_is_read_as_it_is(csv_path):
    from fer_nb.data.fer2013 import load_fer2013

    ds = load_fer2013(csv_path)
    assert [len(ds.part(split)) for split in SPLITS] == [28709, 3589, 3589]
    assert np.bincount(ds.part('test').labels).tolist() == [491, 55, 528, 879, 594, 416, 626]
    again = load_fer2013(csv_path)
    assert isinstance(again.images, np.memmap)
    assert np.array_equal(again.images[::500], ds.images[::500])


def test_ferplus_majority_counts(csv_path, votes_path):
    from fer_nb.data.fer2013 import load_ferplus

    ds = load_ferplus(csv_path, votes_path)
    assert [len(ds.part(split)) for split in SPLITS] == [25060, 3199, 3153]
    assert ds.soft.shape == (len(ds), 8)
    assert np.allclose(ds.soft.sum(axis=1), 1, atol=1e-5)


def test_leaks_of_fer2013(csv_path):
    from fer_nb.data.audit import drop_leaks, leaks, repeats
    from fer_nb.data.fer2013 import load_fer2013

    ds = load_fer2013(csv_path)
    assert (leaks(ds, near=0).split == 'test').sum() == 288
    assert len(repeats(ds)) == 1848
    assert len(leaks(drop_leaks(ds), near=0)) == 0


@pytest.mark.parametrize('name', TRAINED)
def test_the_committed_figures_are_recomputed(csv_path, name):
    kept = json.loads((TOP / f'models/{name}/metrics.json').read_text())['validation']
    words = ['evaluate', name, '--data', csv_path, '--split', 'validation', '--no-report']
    done = subprocess.run(['fer-nb', *words], capture_output=True, text=True, check=True)
    now = json.loads(done.stdout)
    assert now['n'] == 3589
    assert now['accuracy'] >= 0.62
    assert abs(now['accuracy'] - kept['accuracy']) < 1e-3
    same = now['confusion_matrix'] == kept['confusion_matrix']
    assert same or abs(now['macro_f1'] - kept['macro_f1']) < 1e-3


def test_yunet_finds_five_people():
    weights = SHARED / 'models/face_detection_yunet_2023mar.onnx'
    photo = SHARED / 'photos/group_of_five.jpg'
    if not weights.exists() or not photo.exists():
        pytest.skip("YuNet's file and a group photo are not in this repository")
    from fer_nb.core.detect import YuNetDetector
    from fer_nb.inference.recognize import Recognizer

    found = Recognizer.load(detector=YuNetDetector(weights))(photo)
    assert len(found) == 5
    assert all(face.score > 0.7 for face in found)
