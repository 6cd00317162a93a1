"Where frames of the window come from, and what its threads do"

import sys
import threading
from unittest.mock import patch

import numpy as np
import pytest

from fer_nb.core.errors import FerError
from fer_nb.desktop_player import Capture, LiveFaces, Player, Source, frames
from fer_nb.inference.recognize import Recognizer

GO, ON = threading.Event(), threading.Event()  # neither stopped nor paused


class Clock:
    "Stands for the event `stopped` and for the clock: waiting is all that takes time"

    now = 0.0

    def is_set(self):
        return False

    def wait(self, seconds):
        self.now += seconds

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock():
    clock = Clock()
    with patch('time.perf_counter', clock.perf_counter):
        yield clock


class InUse:
    "A camera that opens and gives nothing, as one that another program has"

    def __init__(self, where):
        pass

    def isOpened(self):
        return True

    def read(self):
        return False, None

    def get(self, what):
        return 0.0

    def release(self):
        pass


# Sources


def test_a_video_runs_at_its_own_speed(files, clock):
    shapes = [image.shape for image in frames(Source(str(files / 'video.mp4')), clock, ON)]
    assert shapes == [(240, 320, 3)] * 20
    assert clock.now == pytest.approx(19 / 20)  # the last frame is 19 frames after the first


def test_a_photo_is_one_frame(files):
    shapes = [image.shape for image in frames(Source(str(files / 'photo.png')), GO, ON)]
    assert shapes == [(512, 512, 3)]


def test_a_camera_is_mirrored(files):
    video = str(files / 'video.mp4')
    mirrored = next(frames(Source(video, camera=True), GO, ON))
    assert (mirrored == next(frames(Source(video), GO, ON))[:, ::-1]).all()


def test_a_camera_that_ends_is_told(files, clock):
    with pytest.raises(FerError, match='gives no more pictures; check its cable'):
        list(frames(Source(str(files / 'video.mp4'), camera=True), clock, ON))


@pytest.mark.parametrize(
    ('name', 'why'),
    [
        ('none.mp4', 'does not exist'),
        ('notes.mp4', 'notes.mp4 is neither a photo nor a video'),
        ('half.png', 'cut short'),
        ('cut.mp4', 'cut.mp4'),
        ('', 'is a folder'),
    ],
)
def test_a_file_that_cannot_be_shown_is_one_line(files, name, why):
    with pytest.raises(FerError, match=why) as e:
        next(frames(Source(str(files / name)), GO, ON))
    assert '\n' not in str(e.value)


def test_a_camera_that_is_not_there_is_named():
    with pytest.raises(FerError, match='camera 99'):
        next(frames(Source(99, camera=True), GO, ON))


def test_other_systems_may_forbid_a_camera():
    with patch.object(sys, 'platform', 'darwin'), pytest.raises(FerError, match='may not be used'):
        next(frames(Source(99, camera=True), GO, ON))


def test_a_camera_that_gives_nothing_is_told():
    with patch('cv2.VideoCapture', InUse), pytest.raises(FerError, match='gives no picture'):
        next(frames(Source(0, camera=True), GO, ON))


@pytest.mark.parametrize(
    ('source', 'number'),
    [
        (Source(2, camera=True), 2),
        (Source('/dev/video2', camera=True), 2),
        (Source('/dev/video2'), None),
        (Source('video2.mp4', camera=True), None),
    ],
)
def test_a_device_is_a_camera_by_its_number(source, number):
    assert source.number == number


# Faces


def test_no_face_is_no_face(recognizer):
    assert LiveFaces(recognizer)(np.zeros((60, 60, 3), np.uint8), 0.0) == []


def test_a_face_that_moves_keeps_its_number(recognizer, astronaut):
    live = LiveFaces(recognizer)
    seen = [live(np.roll(astronaut, 9 * i, axis=1), i / 10) for i in range(2)]
    assert [faces[0][0] for faces in seen] == [1, 1]


def test_the_largest_face_comes_first(recognizer, astronaut):
    scene = np.zeros((512, 1024, 3), np.uint8)
    scene[:256, :256] = astronaut[::2, ::2]
    scene[:, 512:] = astronaut
    faces = LiveFaces(recognizer)(scene, 0.0)
    areas = [face.box[2] * face.box[3] for _, face in faces]
    assert len(faces) == 2
    assert areas == sorted(areas, reverse=True)


def test_the_threshold_of_the_recognizer_holds(astronaut):
    careful = Recognizer.load('mini_xception', detector='haar', threshold=1)
    assert LiveFaces(careful)(astronaut, 0.0)[0][1].shown == 'not sure'


def test_haar_searches_a_smaller_copy_after_the_first_frame(recognizer, astronaut):
    live = LiveFaces(recognizer)
    assert live.stream.recognizer.detector.max_side == 640
    live(astronaut, 0.0)
    assert live.stream.recognizer.detector.max_side == 400
    assert recognizer.detector.max_side == 640


# The player


@pytest.fixture
def listening(wait_for):
    "A function: recognizer -> a player, what it showed and why its sources ended"
    players = []

    def listen(recognizer):
        player, seen, ends = Player(recognizer), [], []
        player.signals.seen.connect(lambda: seen.append(player.newest()))
        player.signals.ended.connect(lambda session, why: ends.append(why))
        players.append(player)
        return player, seen, ends

    yield listen
    for player in players:
        player.close()
        assert not player.looker.is_alive()


def test_a_video_is_shown_to_its_end(listening, wait_for, recognizer, files):
    player, seen, ends = listening(recognizer)
    player.start(Source(str(files / 'video.mp4')))
    wait_for(lambda: ends and any(seen))
    assert ends == ['']
    assert {number for s in seen if s for number, _ in s.faces[:1]} == {1}


def test_a_photo_is_shown(listening, wait_for, recognizer, files):
    player, seen, _ = listening(recognizer)
    player.start(Source(str(files / 'photo.png')))
    wait_for(lambda: any(seen))
    assert seen[-1].frame.shape == (512, 512, 3)


def test_a_file_that_cannot_be_read_is_told(listening, wait_for, recognizer, files):
    player, _, ends = listening(recognizer)
    player.start(Source(str(files / 'notes.mp4')))
    wait_for(lambda: ends)
    assert 'neither a photo nor a video' in ends[0]


def test_a_source_that_was_stopped_says_nothing_more(listening, wait_for, recognizer, files, app):
    player, _, ends = listening(recognizer)
    player.start(Source(str(files / 'video.mp4')))
    player.stop()
    wait_for(lambda: not any(isinstance(t, Capture) for t in threading.enumerate()))
    app.processEvents()
    assert (ends, player.newest()) == ([], None)


def test_a_late_frame_of_an_old_source_is_left_out(listening, recognizer, astronaut):
    player, _, _ = listening(recognizer)
    player.deliver(player.session - 1, astronaut)
    assert player.frames.take() is None


def test_a_recognizer_that_fails_is_told(listening, wait_for, recognizer, files):
    def broken(image):
        raise OverflowError

    broken.label_set = recognizer.label_set
    player, _, ends = listening(broken)
    player.start(Source(str(files / 'photo.png')))
    wait_for(lambda: any('OverflowError' in why for why in ends))
