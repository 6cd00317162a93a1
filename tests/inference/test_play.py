"A video is shown at its own speed, and pause and stop are obeyed"

import threading
from unittest.mock import patch

import numpy as np
import pytest
from fer_nb.inference.video_io import LONGEST_WAIT, Frame, play

IMAGE = np.zeros((2, 2, 3), np.uint8)


class FakeVideo:
    "Frames at the given times"

    def __init__(self, times, live=False):
        self.times, self.live, self.read = times, live, 0

    def frames(self):
        for index, time in enumerate(self.times):
            self.read += 1
            yield Frame(index, time, IMAGE)


class FakeClock:
    "An event that is never set and a clock that only waiting moves on"

    def __init__(self):
        self.now = 0.0
        self.pauses = 0

    def is_set(self):
        return False

    def wait(self, seconds):
        self.now += seconds

    def perf_counter(self):
        return self.now


class PausedFor(FakeClock):
    "Paused for the first `pauses` times that somebody asks"

    def __init__(self, pauses):
        super().__init__()
        self.pauses = pauses

    def is_set(self):
        self.pauses -= 1
        return self.pauses >= 0


@pytest.fixture
def clock():
    clock = FakeClock()
    with patch('time.perf_counter', clock.perf_counter):
        yield clock


def due(video, clock, paused):
    return [(frame.index, round(clock.now, 3)) for frame in play(video, clock, paused)]


def test_frames_come_when_they_are_due(clock):
    assert due(FakeVideo([0, 0.5, 2]), clock, FakeClock()) == [(0, 0), (1, 0.5), (2, 2)]


def test_a_long_gap_is_cut(clock):
    assert due(FakeVideo([0, 60]), clock, FakeClock()) == [(0, 0), (1, LONGEST_WAIT)]


def test_a_pause_moves_all_frames_after_it(clock):
    assert due(FakeVideo([0, 0.5]), clock, PausedFor(2)) == [(0, 0.1), (1, 0.6)]


def test_a_camera_is_not_paced(clock):
    assert due(FakeVideo([0, 3], live=True), clock, FakeClock()) == [(0, 0), (1, 0)]


def test_a_paused_camera_is_read_on_and_its_frames_are_dropped(clock):
    camera = FakeVideo([0, 1, 2], live=True)
    assert due(camera, clock, PausedFor(2)) == [(2, 0)]
    assert camera.read == 3


@pytest.mark.parametrize('live', [False, True])
def test_a_video_that_is_stopped_ends(live):
    stopped = threading.Event()
    video = FakeVideo([0, 0, 0], live)
    frames = play(video, stopped, threading.Event())
    assert next(frames).index == 0
    stopped.set()
    assert list(frames) == []
