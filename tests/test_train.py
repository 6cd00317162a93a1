"Training as a process: killed and resumed, on two backends, on two devices."

import importlib.util, os, signal, subprocess, sys
from pathlib import Path
import numpy as np
import pytest

HERE = Path(__file__).parent
COMMAND = [sys.executable, str(HERE / 'train_once.py')]


def start(folder, *more, backend='tensorflow'):
    return subprocess.Popen(
        [*COMMAND, str(folder), *map(str, more)],
        env={**os.environ, 'KERAS_BACKEND': backend},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(run):
    out, err = run.communicate(timeout=1800)
    assert run.returncode == 0, err[-2000:]
    return out


def history(folder):
    from fer_nb.training.history import read_history

    return read_history(folder)


def losses(folder):
    return np.array([row['loss'] for row in history(folder)])


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    "A run that was never stopped"
    folder = tmp_path_factory.mktemp('whole')
    finish(start(folder))
    return folder


def test_killed_in_mid_epoch_and_resumed(whole, tmp_path):
    run = start(tmp_path)
    epochs = 0
    for line in run.stdout:  # kill it in the middle of its second epoch
        if line.startswith('batch 0'):
            epochs += 1
        if epochs == 2 and line.startswith('batch 1'):
            break
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert [row['epoch'] for row in history(tmp_path)] == [0] and [
        p.name for p in (tmp_path / 'resume').glob('epoch-*')
    ] == ['epoch-00001.weights.h5']
    out = finish(start(tmp_path))  # the same command
    assert out.count('batch 0 ') == 2, 'the epoch that was whole is not done again, the others are'
    assert [row['epoch'] for row in history(tmp_path)] == [0, 1, 2]
    np.testing.assert_allclose(losses(tmp_path), losses(whole), rtol=1e-4)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        'faces.json',
        'history.csv',
        'model.keras',
        'train.json',
    ]


def test_two_devices_give_the_losses_of_one(whole, tmp_path):
    finish(start(tmp_path, 2))
    np.testing.assert_allclose(losses(tmp_path), losses(whole), rtol=2e-3)


needs_jax = pytest.mark.skipif(
    not importlib.util.find_spec('jax'), reason='JAX is not installed: pip install "fer_nb[jax]"'
)


@pytest.fixture(scope='module')
def whole_jax(tmp_path_factory):
    "The same run under JAX"
    folder = tmp_path_factory.mktemp('jax')
    assert 'done jax' in finish(start(folder, 1, backend='jax'))
    return folder


@needs_jax
def test_jax_trains_the_same_script(whole, whole_jax):
    assert losses(whole_jax)[-1] < losses(whole_jax)[0]
    # Another random generator begins elsewhere; a sum in place of a mean would be 16 times as large
    assert 0.5 < losses(whole_jax)[0] / losses(whole)[0] < 2


@needs_jax
def test_two_devices_under_jax(whole_jax, tmp_path):
    finish(start(tmp_path, 2, backend='jax'))
    np.testing.assert_allclose(losses(tmp_path), losses(whole_jax), rtol=2e-3)
