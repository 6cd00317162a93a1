"""Videos of moving real faces: who keeps which number, what is written, what a stop leaves

Faces of FER2013 and of the group photo only ever lie in a temporary folder.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import cv2
import numpy as np
import pytest
from conftest import SHARED
from fer_nb.core.detect import DetectorError, YuNetDetector, find_yunet
from fer_nb.inference.video_io import open_video
from fer_nb.inference.video_writer import VideoWriter
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.tables import read_table
from fer_nb.inference.video import analyze_video


@pytest.fixture(scope='module')
def yunet():
    "YuNet from the cache or the developers' folder"
    shared = SHARED / 'models/face_detection_yunet_2023mar.onnx'
    try:
        return YuNetDetector(find_yunet() or (shared if shared.exists() else None))
    except DetectorError as e:
        pytest.skip(f'no YuNet: {e}')


@pytest.fixture(scope='module')
def faces(csv_path):
    "Three faces of the test part that everybody agrees are happy, and large in their crop"
    from fer_nb.data.fer2013 import load_fer2013

    test = load_fer2013(csv_path).part('test')
    return test.images[np.flatnonzero(test.labels == test.label_set.index('happy'))[:40]]


def scene(faces, at, size=(640, 480), side=110):
    "Gray faces on an even ground"
    image = np.full((size[1], size[0]), 120, np.uint8)
    for f, (x, y) in zip(faces, at):
        image[y : y + side, x : x + side] = cv2.resize(
            f, (side, side), interpolation=cv2.INTER_CUBIC
        )
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


def flips(faces, column):
    "Count how often an answer changes, over tables of one face each"
    changes = [face[column].to_numpy()[1:] != face[column].to_numpy()[:-1] for face in faces]
    return sum(int(change.sum()) for change in changes)


def test_fer2013_faces_in_motion_keep_their_numbers(yunet, faces, tmp_path):
    found = [f for f in faces if len(yunet(scene([f], [(200, 150)]))) == 1][:3]
    with VideoWriter(
        tmp_path / 'film.mp4', 30
    ) as film:  # two cross at different heights, one stands and is hidden for half a second
        for i in range(90):
            film.add(
                scene(
                    found[:2] + ([] if 40 <= i < 55 else found[2:]),
                    [(20 + 5 * i, 20), (500 - 5 * i, 170), (265, 340)],
                )
            )
    recognizer = Recognizer.load(detector=yunet, threads=1)
    for detect_every in (1, 5):
        summary = analyze_video(
            tmp_path / 'film.mp4', recognizer, tmp_path / 't.csv', detect_every=detect_every
        )
        table = read_table(tmp_path / 't.csv')
        longest = table['face'].value_counts().head(3)
        assert longest.min() >= 60 and len(summary.faces) <= 4, longest
        for number in longest.index:  # the walkers walk one way, the standing one stands
            x = table[table['face'] == number]['x'].to_numpy()
            assert (np.diff(x) >= -6).all() or (np.diff(x) <= 6).all()
        kept = [table[table['face'] == number] for number in longest.index]
        # smoothing calms
        assert flips(kept, 'smooth_label') <= flips(kept, 'label')


def test_a_group_panned_and_zoomed_keeps_five_numbers(yunet, tmp_path):
    photo = SHARED / 'photos/group_of_five.jpg'
    if not photo.exists():
        pytest.skip('no group photo in ../shared')
    image = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    h, w = image.shape[:2]
    fit = min(640 / w, 480 / h)
    with VideoWriter(tmp_path / 'group.mp4', 30) as film:
        for i in range(60):
            z = fit * (1 + 0.1 * np.sin(i / 10))
            film.add(
                cv2.warpAffine(
                    image,
                    np.float32(
                        [[z, 0, 320 - w * z / 2 + 25 * np.sin(i / 8)], [0, z, 240 - h * z / 2]]
                    ),
                    (640, 480),
                    flags=cv2.INTER_AREA,
                )
            )
    analyze_video(
        tmp_path / 'group.mp4',
        Recognizer.load(detector=yunet, threads=1),
        tmp_path / 't.csv',
        annotated=tmp_path / 'drawn.mp4',
        language='hi',
    )
    rows = read_table(tmp_path / 't.csv').groupby('face').size()
    assert len(rows) == 5 and rows.min() >= 55, rows
    with open_video(tmp_path / 'drawn.mp4') as film:
        assert sum(1 for _ in film.frames()) == 60


@pytest.fixture(scope='module')
def film(tmp_path_factory):
    "Ten seconds of the astronaut (NASA, public domain)"
    from skimage.data import astronaut

    path = (
        tmp_path_factory.mktemp('film') / 'film.mkv'
    )  # which can be read from its beginning, out of a pipe too
    with VideoWriter(path, 20) as f:
        for i in range(200):
            f.add(
                cv2.warpAffine(
                    astronaut(),
                    np.float32([[0.9, 0, -20 + 15 * np.sin(i / 9)], [0, 0.9, 0]]),
                    (320, 240),
                )
            )
    return path


def run(*words, **kw):
    return subprocess.run(['fer-nb', *map(str, words)], capture_output=True, text=True, **kw)


class HalfVideo:
    "A pipe that gives half of a video and then nothing, so whoever reads it is still at work"

    def __init__(self, path, data):
        os.mkfifo(path)
        self.half, self.pipe = (
            data[: len(data) // 2],
            os.open(path, os.O_RDWR),
        )  # which waits for no reader
        self.feeder = threading.Thread(target=self.feed, daemon=True)
        self.feeder.start()

    def feed(self):
        rest = self.half
        with contextlib.suppress(BlockingIOError):  # closed before all was read
            while rest:
                rest = rest[os.write(self.pipe, rest) :]

    def close(self):
        os.set_blocking(self.pipe, False)
        while self.feeder.is_alive():
            with contextlib.suppress(BlockingIOError):  # empty
                os.read(self.pipe, 1 << 16)
            self.feeder.join(0.01)
        os.close(self.pipe)


def wait_for_rows(table, child):
    "Return once rows are written; fail where the child has ended before"
    while not table.exists() or table.stat().st_size < 3000:
        assert child.poll() is None, child.communicate()[1]
        time.sleep(0.02)


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no named pipes here')
def test_ctrl_c_leaves_a_table_and_resume_goes_on(film, tmp_path):
    video, table = tmp_path / 'film.mkv', tmp_path / 't.csv'
    words = ['video', video, '--out', table, '-d', 'haar']
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background job ignores it, and so would what it starts
    half = HalfVideo(video, film.read_bytes())
    child = subprocess.Popen(['fer-nb', *map(str, words)], stderr=subprocess.PIPE, text=True)
    wait_for_rows(table, child)
    child.send_signal(signal.SIGINT)
    half.close()
    err = child.communicate(timeout=600)[1]
    assert child.returncode == 130
    assert '--resume continues it' in err
    assert 'Traceback' not in err
    before = len(read_table(table))
    video.unlink()
    video.write_bytes(film.read_bytes())
    done = run(*words, '--resume', '--json')
    assert done.returncode == 0, done.stderr
    rows, summary = read_table(table), json.loads(done.stdout)
    assert len(rows) > before and not rows.duplicated(['frame', 'face']).any()
    assert (
        summary['frames'] == 200 and rows['frame'].nunique() == 200 - summary['frames_without_face']
    )


@pytest.mark.skipif(
    not hasattr(os, 'geteuid') or os.geteuid() != 0 or not os.path.isdir('/proc'),
    reason='needs root to mount a small disk',
)
def test_a_full_disk_is_one_line(film, tmp_path):
    small = tmp_path / 'small'
    small.mkdir()
    if subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small], capture_output=True
    ).returncode:
        pytest.skip('no tmpfs can be mounted here')
    try:
        done = run('video', film, '--out', small / 't.csv', '-d', 'haar')
        assert (
            done.returncode == 1
            and 'the disk is full' in done.stderr
            and 'Traceback' not in done.stderr
        ), done.stderr
        kept = len(read_table(small / 't.csv'))
        assert kept > 10
        assert (
            'the disk is full'
            in run('video', film, '--save-annotated', small / 'd.mp4', '-d', 'haar').stderr
        )
    finally:
        subprocess.run(['umount', small])
