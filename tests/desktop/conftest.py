"What tests of the window share: Qt without a screen, and files with the astronaut (NASA)"

import os
import time

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault('QT_QPA_PLATFORM', 'offscreen')
try:
    from PySide6.QtWidgets import QApplication
except ImportError:  # tests/test_desktop.py says so
    collect_ignore_glob = ['test_*.py']

from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.video_writer import VideoWriter


@pytest.fixture(scope='session')
def app():
    return QApplication.instance() or QApplication(['fer-nb'])


@pytest.fixture
def wait_for(app):
    "A function: run the interface until something happens"

    def wait(happens, seconds=120):
        end = time.perf_counter() + seconds
        while not happens() and time.perf_counter() < end:
            app.processEvents()
            time.sleep(0.002)
        assert happens(), 'it did not happen'

    return wait


@pytest.fixture(scope='session')
def recognizer():
    return Recognizer.load('mini_xception', detector='haar', threads=1)


@pytest.fixture(scope='session')
def astronaut():
    from skimage.data import astronaut

    return astronaut()


@pytest.fixture(scope='session')
def files(tmp_path_factory, astronaut):
    "A folder with photo.png, video.mp4, long.mp4 and files that are broken"
    folder = tmp_path_factory.mktemp('files')
    Image.fromarray(astronaut).save(folder / 'photo.png')
    (folder / 'half.png').write_bytes((folder / 'photo.png').read_bytes()[:9000])
    (folder / 'notes.mp4').write_text('no video')
    write_video(folder / 'video.mp4', astronaut, frames=20, fps=20)
    # two minutes: it does not end before a test, however busy the machine
    write_video(folder / 'long.mp4', astronaut, frames=240, fps=2)
    (folder / 'cut.mp4').write_bytes((folder / 'video.mp4').read_bytes()[:9000])
    return folder


def write_video(path, astronaut, frames, fps):
    "She moves to the right by 4 pixels a frame, and begins again after 15 frames"
    scene = astronaut[20:260, 80:400]
    with VideoWriter(path, fps) as video:
        for i in range(frames):
            video.add(np.roll(scene, 4 * (i % 15), axis=1), i / fps)
