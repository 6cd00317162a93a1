"What the tests of commands share: a command in this process, a real one, and things to look at"

import contextlib
import io
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from fer_nb.cli.main import main
from fer_nb.core.models import find_model

COMMAND = [sys.executable, '-c', 'from fer_nb.cli.main import main; main()']


@dataclass
class Done:
    "A command that ended"

    status: int
    out: str
    err: str


def run_here(*words):
    "Run a command in this process, which has its libraries loaded"
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        with warnings.catch_warnings():
            try:
                main([str(word) for word in words])
            except SystemExit as e:
                status = e.code or 0
    return Done(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope='session')
def run():
    return run_here


@pytest.fixture(scope='session')
def job():
    "Run a command that must end well, for what it prints"

    def run_well(*words):
        done = run_here(*words)
        assert done.status == 0, done.out + done.err
        return done.out

    return run_well


@pytest.fixture(scope='session')
def one_line():
    "Run a command that must say one line on stderr, a note on the detector apart"

    def run_badly(*words, expect, status=1):
        done = run_here(*words)
        assert expect in done.err
        lines = done.err.strip().splitlines()
        assert len([line for line in lines if not line.startswith('note:')]) == 1, done.err
        assert done.status == status

    return run_badly


@pytest.fixture(scope='session')
def process():
    "Run a command as a process of its own, with more environment variables"

    def start(*words, env=None, **more):
        wanted = {'capture_output': True, **more}
        words = [word if isinstance(word, bytes) else str(word) for word in words]
        return subprocess.run(COMMAND + words, env={**os.environ, **(env or {})}, **wanted)

    return start


@pytest.fixture(scope='session')
def astronaut_png(tmp_path_factory):
    "A photo with a face"
    path = tmp_path_factory.mktemp('photos') / 'astronaut.png'
    Image.fromarray(astronaut()).save(path)
    return path


@pytest.fixture(scope='session')
def dark_png(tmp_path_factory):
    "A picture without a face"
    path = tmp_path_factory.mktemp('photos') / 'dark.png'
    Image.new('RGB', (90, 90)).save(path)
    return path


@pytest.fixture(scope='session')
def notes_jpg(tmp_path_factory):
    "A file that is no picture"
    path = tmp_path_factory.mktemp('photos') / 'notes.jpg'
    path.write_text('not a photo')
    return path


@pytest.fixture(scope='session')
def half_jpg(tmp_path_factory):
    "A picture of which a part is missing"
    path = tmp_path_factory.mktemp('photos') / 'half.jpg'
    Image.fromarray(astronaut()).save(path)
    path.write_bytes(path.read_bytes()[:9000])
    return path


@pytest.fixture(scope='session')
def noise(tmp_path_factory):
    "90 faces of noise, 30 a part, with labels of FER2013"
    path = tmp_path_factory.mktemp('faces') / 'noise.npz'
    rng = np.random.default_rng(0)
    np.savez(
        path,
        images=rng.integers(0, 256, (90, 48, 48), np.uint8),
        labels=rng.integers(0, 7, 90),
        split=np.repeat(['train', 'validation', 'test'], 30),
    )
    return path


@pytest.fixture(scope='session')
def other_npz(tmp_path_factory):
    "Faces with labels that no network of ours knows"
    path = tmp_path_factory.mktemp('faces') / 'other.npz'
    np.savez(
        path,
        images=np.zeros((9, 48, 48), np.uint8),
        labels=np.arange(9) % 2,
        names=np.array(['tired', 'awake']),
        split=np.repeat(['train', 'validation', 'test'], 3),
    )
    return path


@pytest.fixture(scope='session')
def classes(tmp_path_factory):
    "A folder of two classes with four pictures each, and a file that is no picture"
    folder = tmp_path_factory.mktemp('classes')
    for label in ('joy', 'sad'):
        (folder / label).mkdir()
        for n in range(4):
            image = np.random.default_rng(n).integers(0, 256, (30, 30), np.uint8)
            Image.fromarray(image).save(folder / label / f'{n}.png')
    (folder / 'sad/bad.png').write_text('no')
    return folder


@pytest.fixture(scope='session')
def photos_by_class(tmp_path_factory):
    "A folder of photos, in which faces have to be found first"
    folder = tmp_path_factory.mktemp('photos')
    (folder / 'happy').mkdir()
    for n in range(3):
        Image.fromarray(astronaut()).save(folder / f'happy/{n}.png')
    return folder


@pytest.fixture
def copied(tmp_path):
    "A copy of a model, to write into"
    return Path(shutil.copytree(find_model('mini_xception'), tmp_path / 'copied'))
