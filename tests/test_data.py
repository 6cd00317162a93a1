"On the real FER2013, where it is there"

import json, subprocess
import numpy as np
from conftest import SHARED, TOP
import pytest


def test_fer2013_is_read_as_it_is(csv_path):
    from fer_nb.data.fer2013 import load_fer2013

    ds = load_fer2013(csv_path)
    assert [len(ds.part(s)) for s in ('train', 'validation', 'test')] == [28709, 3589, 3589]
    assert np.bincount(ds.part('test').labels).tolist() == [491, 55, 528, 879, 594, 416, 626]
    again = load_fer2013(csv_path)
    assert isinstance(again.images, np.memmap) and np.array_equal(
        again.images[::500], ds.images[::500]
    )


def test_ferplus_majority_counts(csv_path):
    from fer_nb.data.fer2013 import load_ferplus

    votes = next(
        (
            p
            for p in (TOP / 'data/fer2013new.csv', SHARED / 'data/fer2013/fer2013new.csv')
            if p.exists()
        ),
        None,
    )
    if not votes:
        pytest.skip('no data/fer2013new.csv (the FER+ votes)')
    ds = load_ferplus(csv_path, votes)
    assert [len(ds.part(s)) for s in ('train', 'validation', 'test')] == [25060, 3199, 3153]
    assert ds.soft.shape == (len(ds), 8) and np.allclose(ds.soft.sum(1), 1, atol=1e-5)


def test_leaks_of_fer2013(csv_path):
    from fer_nb.data.audit import drop_leaks, leaks, repeats
    from fer_nb.data.fer2013 import load_fer2013

    ds = load_fer2013(csv_path)
    assert (leaks(ds, near=0).split == 'test').sum() == 288 and len(repeats(ds)) == 1848
    assert len(leaks(drop_leaks(ds), near=0)) == 0


@pytest.mark.parametrize('name', sorted(p.parent.name for p in TOP.glob('models/*/metrics.json')))
def test_the_committed_figures_are_recomputed(csv_path, name):
    kept = json.loads((TOP / f'models/{name}/metrics.json').read_text())['validation']
    done = subprocess.run(
        ['fer-nb', 'evaluate', name, '--data', csv_path, '--split', 'validation', '--no-report'],
        capture_output=True,
        text=True,
        check=True,
    )
    now = json.loads(done.stdout)
    assert (
        now['n'] == 3589
        and abs(now['accuracy'] - kept['accuracy']) < 1e-3
        and now['accuracy'] >= 0.62
    )
    assert (
        now['confusion_matrix'] == kept['confusion_matrix']
        or abs(now['macro_f1'] - kept['macro_f1']) < 1e-3
    )


def test_yunet_finds_five_people():
    weights, photo = (
        SHARED / 'models/face_detection_yunet_2023mar.onnx',
        SHARED / 'photos/group_of_five.jpg',
    )
    if not weights.exists():
        pytest.skip("YuNet's file and a group photo are not in this repository")
    from fer_nb.core.detect import YuNetDetector
    from fer_nb.inference.recognize import Recognizer

    found = Recognizer.load(detector=YuNetDetector(weights))(photo)
    assert len(found) == 5 and all(r.score > 0.7 for r in found)
