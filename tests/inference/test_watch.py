"Frames come out whole and in order; what breaks one of them costs only that one"

import queue
import threading
from unittest.mock import patch

import numpy as np
import pytest
from fer_nb.core.detect import Face
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.video_io import Frame, VideoError
from fer_nb.inference.watch import DetectorPool, _searched, watch

LARGE = np.zeros((3000, 4000, 3), np.uint8)


def frame_of(index, image=None):
    if image is None:
        image = np.full((20, 20, 3), index, np.uint8)
    return Frame(index, index / 10, image)


def nothing(image):
    return []


def always(frame):
    return True


def never(frame):
    return False


class SlowForOdd:
    "A detector that ends the search of an odd frame after that of the next one"

    def __init__(self):
        self.done = [threading.Event() for _ in range(10)]

    def copy(self):
        return self

    def __call__(self, image):
        value = int(image[0, 0, 0])
        if value % 2:
            assert self.done[value + 1].wait(60)
        self.done[value].set()
        if value == 4:
            raise ValueError('poison')
        return [Face((value, 0, 9, 9), 1.0)]


def test_frames_come_out_in_order_whatever_search_ends_first():
    frames = [frame_of(i) for i in range(9)]
    found = list(_searched(frames, DetectorPool(SlowForOdd(), 3), always, 4))
    assert [frame.index for frame, _ in found] == list(range(9))
    assert [f[0].box[0] for frame, f in found if frame.index != 4] == [0, 1, 2, 3, 5, 6, 7, 8]


def test_a_frame_that_breaks_the_detector_costs_only_itself():
    frames = [frame_of(i) for i in range(0, 9, 2)]
    found = list(_searched(frames, DetectorPool(SlowForOdd(), 3), always, 4))
    assert [str(f) for _, f in found if isinstance(f, Exception)] == ['poison']


def test_a_frame_that_nobody_asks_for_is_not_searched():
    frames = [frame_of(i) for i in range(4)]
    found = list(_searched(frames, DetectorPool(nothing, 2), lambda f: f.index == 2, 4))
    assert [f for _, f in found] == [[], None, [], None]  # the first one always is


def test_an_error_of_the_video_comes_after_its_last_frame():
    def broken():
        yield frame_of(0)
        raise VideoError('cable out')

    stream = _searched(broken(), DetectorPool(nothing, 2), always, 4)
    assert next(stream)[0].index == 0
    with pytest.raises(VideoError, match='cable out'):
        next(stream)


def test_a_stream_that_is_closed_leaves_no_thread():
    before = threading.active_count()
    stream = _searched(iter([frame_of(0)] * 1200), DetectorPool(nothing, 2), always, 4)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_of_large_frames_more_are_searched():
    frames = [frame_of(i, LARGE) for i in range(16)]
    found = list(_searched(frames, DetectorPool(nothing, 2), never, 16))
    searched = [i for i, (_, faces) in enumerate(found) if faces is not None]
    assert searched == [0, 9]  # one every 256 MB


def test_of_large_frames_few_wait():
    full = threading.Event()
    put = queue.Queue.put
    read = []

    def tell_full(self, item, **options):
        try:
            put(self, item, **options)
        except queue.Full:
            full.set()
            raise

    def frames():
        for i in range(8):
            read.append(i)
            yield frame_of(i, LARGE)

    with patch.object(queue.Queue, 'put', tell_full):
        stream = _searched(frames(), DetectorPool(nothing, 2), always, 16)
        next(stream)
        assert full.wait(300)
        assert len(read) <= 4
        stream.close()


class AfraidOfTheDark(Recognizer):
    "A network that cannot bear dark images"

    def many(self, images, faces):
        if any(image.mean() < 20 for image in images):
            raise ArithmeticError('dark')
        return super().many(images, faces)


class OneDarkFrame:
    "Stands for a video of five frames whose third is black"

    live, fps, count = False, 10.0, 5

    def frames(self, *_):
        for i in range(5):
            yield frame_of(i, np.full((90, 90, 3), 0 if i == 2 else 128, np.uint8))


def test_a_frame_that_breaks_the_network_costs_only_itself():
    recognizer = AfraidOfTheDark.load(detector=lambda image: [Face((0, 0, 90, 90), 1.0)], threads=1)
    looks = list(watch(OneDarkFrame(), recognizer))
    assert [look.error for look in looks] == ['', '', 'ArithmeticError: dark', '', '']
    assert [len(look.faces) for look in looks] == [1, 1, 0, 1, 1]
