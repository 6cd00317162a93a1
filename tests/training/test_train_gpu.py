"The trainer for a GPU: its changes are those of fer_nb.data.augment, its plan fits the time"

import csv
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_nb.data.augment import Augment, warp_matrix

TOP = Path(__file__).resolve().parents[2]
TOOL = TOP / 'tools/train_gpu.py'


def load(name):
    spec = importlib.util.spec_from_file_location(name, TOP / f'tools/{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def device():
    pytest.importorskip('jax', reason='JAX is not installed')
    return load('device_augment')


@pytest.fixture(scope='module')
def tool():
    return load('train_gpu')


@pytest.fixture
def faces():
    import cv2

    noise = np.random.default_rng(0).uniform(0, 255, (4, 24, 24)).astype('float32')
    return np.stack([cv2.GaussianBlur(face, (0, 0), 2) for face in noise])


@pytest.mark.parametrize('sharp', [False, True])
def test_faces_move_as_opencv_moves_them(device, faces, sharp):
    import cv2

    rng = np.random.default_rng(1)
    matrices = np.stack([warp_matrix(24, rng, Augment(rotate=20, zoom=0.2)) for _ in faces])
    how = cv2.INTER_CUBIC if sharp else cv2.INTER_LINEAR
    theirs = [
        cv2.warpAffine(f, m, (24, 24), flags=how, borderMode=cv2.BORDER_REPLICATE)
        for f, m in zip(faces, matrices, strict=True)
    ]
    ours = device.warp(faces, matrices, sharp)
    np.testing.assert_allclose(ours, theirs, atol=1)  # OpenCV rounds places to 1/32 of a pixel


def test_matrices_are_drawn_from_the_ranges_of_the_settings(device):
    import jax

    aug = Augment(rotate=10, shift=0.1, zoom=0.2)
    drawn = np.asarray(device.draw_matrices(jax.random.key(0), 500, 24, aug))
    zooms = np.sqrt(np.abs(np.linalg.det(drawn[:, :, :2])))
    angles = np.degrees(np.arcsin(drawn[:, 0, 1] / zooms))
    moved = drawn @ [11.5, 11.5, 1] - 11.5  # where the center goes
    assert 1 / 1.2 < zooms.min() < 0.86 and 1.16 < zooms.max() < 1.2
    assert 9 < np.abs(angles).max() < 10
    assert 2.2 < np.abs(moved).max() <= 2.4
    assert 0.4 < (np.linalg.det(drawn[:, :, :2]) < 0).mean() < 0.6


def test_without_ranges_nothing_changes(device, faces):
    import jax

    still = Augment(flip=False, rotate=0.0, shift=0.0, zoom=0.0)
    np.testing.assert_allclose(device.change_faces(jax.random.key(0), faces, still), faces)


def test_a_rectangle_of_the_share_of_faces_is_covered(device):
    import jax

    plain = np.full((400, 24, 24), -1, 'float32')
    covered = np.asarray(device.erase(jax.random.key(0), plain, 0.3)) >= 0
    hit = covered.any(axis=(1, 2))
    assert 0.2 < hit.mean() < 0.4
    for face in covered[hit]:
        rows, columns = face.any(axis=1), face.any(axis=0)
        assert face.sum() == rows.sum() * columns.sum() <= 0.2 * 24 * 24


def test_light_stays_in_range_and_keeps_black_faces_from_going_below(device, faces):
    import jax

    aug = Augment(brightness=0.3, contrast=0.5)
    changed = np.asarray(device.change_light(jax.random.key(0), faces, aug))
    assert changed.min() >= 0 and changed.max() <= 255
    assert np.abs(changed - faces).max() > 5


def test_mixup_mixes_faces_and_targets_alike(device):
    import jax

    faces = np.arange(4, dtype='float32')[:, None, None] * np.ones((4, 2, 2), 'float32')
    mixed, (targets,) = device.mix(jax.random.key(0), faces, [np.eye(4, dtype='float32')], 0.5)
    np.testing.assert_allclose(targets @ np.arange(4), mixed[:, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(np.asarray(targets).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize('wanted', [48, 96, 32])
def test_faces_grow_as_the_recognizer_lets_them_grow(tool, wanted):
    from fer_nb.core.preprocess import Preprocess, faces_input

    face = np.random.default_rng(0).integers(80, 170, (48, 48), np.uint8)
    matrix = tool.enlarger(48, wanted)
    grown = face if matrix is None else matrix @ face @ matrix.T
    theirs = faces_input([face], Preprocess(size=wanted))[0, :, :, 0]
    np.testing.assert_allclose(grown, theirs, atol=1)


def test_the_plan_fits_the_time(tool):
    assert tool.planned_epochs(2.0, 300, seeds=3, most=120) == 50
    assert tool.planned_epochs(0.1, 300, seeds=3, most=120) == 120
    assert tool.planned_epochs(900.0, 300, seeds=3, most=120) == 1


def test_the_rate_climbs_and_then_falls_to_a_hundredth(tool):
    rates = [tool.rate_at(step, 10, 100, 0.2) for step in range(100)]
    assert np.argmax(rates) in (9, 10)
    assert max(rates) == pytest.approx(0.2)
    assert 0.002 <= rates[-1] < 0.0021


def test_what_it_cannot_do_is_refused_by_name(tool):
    from fer_nb.training.config import TrainConfig

    config = TrainConfig('fernet-small')
    assert tool.refuse(config) == ''
    config = replace(config, teachers=('fernet-small',), augment=Augment(cutmix=0.5))
    assert tool.refuse(config).startswith('teachers, cutmix: not made by train_gpu.py')


def test_arrays_are_read_as_the_csv_is(tool, tmp_path):
    from fer_nb.data.fer2013 import load_fer2013

    write_faces(tmp_path / 'fer2013.csv', 12)
    theirs = load_fer2013(tmp_path / 'fer2013.csv')
    usage = np.array(['Training', 'PublicTest', 'PrivateTest'])[theirs.split]
    names = {'images': theirs.images, 'labels': theirs.labels, 'usage': usage}
    np.savez(tmp_path / 'fer2013.npz', **names)
    ours = tool.read_arrays(tmp_path / 'fer2013.npz')
    for name in ('images', 'labels', 'split', 'ids'):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def write_faces(path, count):
    rng = np.random.default_rng(0)
    parts = ['Training', 'Training', 'PublicTest', 'PrivateTest']
    with open(path, 'w') as f:
        f.write('emotion,pixels,Usage\n')
        for i in range(count):
            pixels = ' '.join(map(str, rng.integers(0, 256, 48 * 48)))
            f.write(f'{i % 7},{pixels},{parts[i % 4]}\n')


def test_batch_by_batch_an_epoch_hands_its_state_on_and_tells_the_means(tool):
    trainer = tool.Trainer.__new__(tool.Trainer)  # no network: only the order of steps
    trainer.step = lambda data, state, given: (state + [given], (given[2], given[2] / 2))
    state, loss, right = trainer._step_by_step('data', [], 'ab', 'cd', [1.0, 3.0])
    assert state == [('a', 'c', 1.0), ('b', 'd', 3.0)]
    assert (loss, right) == (2.0, 1.0)


def test_two_seeds_leave_networks_histories_and_one_page_of_results(tmp_path):
    pytest.importorskip('jax', reason='JAX is not installed')
    write_faces(tmp_path / 'fer2013.csv', 64)
    (tmp_path / 'votes.csv').write_text('')
    config = {'model': 'mini_xception', 'batch_size': 16, 'precision': 'mixed_bfloat16'}
    (tmp_path / 'a.json').write_text(json.dumps({**config, 'optimizer': 'muon'}))
    words = [sys.executable, TOOL, '--config', tmp_path / 'a.json', '--epochs', '2']
    words += ['--data', tmp_path / 'fer2013.csv', '--votes', tmp_path / 'votes.csv']
    words += ['--out', tmp_path / 'out', '--seeds', '1', '2', '--minutes', '600']
    env = {**os.environ, 'KERAS_BACKEND': 'jax', 'JAX_PLATFORMS': 'cpu'}
    subprocess.run(list(map(str, [*words, '--scan'])), check=True, env=env, timeout=900)
    results = json.loads((tmp_path / 'out/results.json').read_text())
    assert [r['epochs'] for r in results.values()] == [2, 2]
    with open(tmp_path / 'out/seed-2.csv') as f:
        rows = list(csv.DictReader(f))
    best = max(float(row['val_accuracy']) for row in rows)
    assert results['seed-2']['val_accuracy'] == pytest.approx(best, abs=1e-5)

    from fer_nb.training.networks import load_network

    first, second = (load_network(tmp_path / f'out/seed-{n}.keras') for n in (1, 2))
    assert np.abs(first.get_weights()[0] - second.get_weights()[0]).max() > 0
    assert {layer.compute_dtype for layer in first.layers} == {'float32'}
