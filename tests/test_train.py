"Training as a process: killed and resumed, on two backends, on two devices"

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

COMMAND = [sys.executable, str(Path(__file__).parent / 'train_once.py')]
LEFT_BEHIND = ['faces.json', 'history.csv', 'model.keras', 'train.json']


def start(folder, *more, backend='tensorflow'):
    env = {**os.environ, 'KERAS_BACKEND': backend}
    streams = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, 'text': True}
    return subprocess.Popen([*COMMAND, str(folder), *map(str, more)], env=env, **streams)


def finish(run):
    out, err = run.communicate(timeout=1800)
    assert run.returncode == 0, err[-2000:]
    return out


def kill_in_second_epoch(run):
    epochs = 0
    for line in run.stdout:
        if line.startswith('batch 0'):
            epochs += 1
        if epochs == 2 and line.startswith('batch 1'):
            break
    run.send_signal(signal.SIGKILL)
    run.wait()


def column(folder, name):
    from fer_nb.training.history import read_history

    return np.array([row[name] for row in read_history(folder)])


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    "A run that was never stopped"
    folder = tmp_path_factory.mktemp('whole')
    finish(start(folder))
    return folder


def test_killed_in_mid_epoch_and_resumed(whole, tmp_path):
    kill_in_second_epoch(start(tmp_path))
    assert column(tmp_path, 'epoch').tolist() == [0]
    states = [path.name for path in (tmp_path / 'resume').glob('epoch-*')]
    assert states == ['epoch-00001.weights.h5']

    out = finish(start(tmp_path))
    assert out.count('batch 0 ') == 2, 'the whole epoch is not done again, the others are'
    assert column(tmp_path, 'epoch').tolist() == [0, 1, 2]
    np.testing.assert_allclose(column(tmp_path, 'loss'), column(whole, 'loss'), rtol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == LEFT_BEHIND


def test_two_devices_give_the_losses_of_one(whole, tmp_path):
    finish(start(tmp_path, 2))
    np.testing.assert_allclose(column(tmp_path, 'loss'), column(whole, 'loss'), rtol=2e-3)


has_jax = importlib.util.find_spec('jax')
needs_jax = pytest.mark.skipif(
    not has_jax, reason='JAX is not installed: pip install "fer_nb[jax]"'
)


@pytest.fixture(scope='module')
def whole_jax(tmp_path_factory):
    "The same run under JAX"
    folder = tmp_path_factory.mktemp('jax')
    assert 'done jax' in finish(start(folder, 1, backend='jax'))
    return folder


@needs_jax
def test_jax_trains_the_same_script(whole, whole_jax):
    losses = column(whole_jax, 'loss')
    assert losses[-1] < losses[0]
    # Another random generator begins elsewhere; a sum would be 16 times the mean.
    assert 0.5 < losses[0] / column(whole, 'loss')[0] < 2


@needs_jax
def test_two_devices_under_jax(whole_jax, tmp_path):
    finish(start(tmp_path, 2, backend='jax'))
    np.testing.assert_allclose(column(tmp_path, 'loss'), column(whole_jax, 'loss'), rtol=2e-3)
