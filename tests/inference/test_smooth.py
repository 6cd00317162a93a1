"What the average over time and the stream of faces hold in corner cases"

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fer_nb.core.emotions import EMOTIONS
from fer_nb.inference.recognize import Recognition, Recognitions, Recognizer
from fer_nb.inference.smooth import FaceStream, Smoother, smooth_faces

HAPPY, SAD = [1.0, 0.0], [0.0, 1.0]


def test_no_seconds_is_no_average():
    smoother = Smoother(seconds=0)
    assert_allclose(smoother.update([1, 2], [HAPPY, SAD], 0.0), [HAPPY, SAD])
    assert_allclose(smoother.update([1], [SAD], 0.01), [SAD])


def test_a_face_that_was_long_away_begins_anew():
    smoother = Smoother()
    smoother.update([1], [HAPPY], 0.0)
    assert_allclose(smoother.update([1], [SAD], 99.0), [SAD])


def test_faces_that_left_take_no_memory():
    smoother = Smoother()
    smoother.update([2], [HAPPY], 0.0)
    smoother.update([1], [SAD], 99.0)
    assert list(smoother.last) == [1]


def test_no_faces_is_an_empty_answer():
    assert Smoother().update([], np.zeros((0, 7)), 0.0).shape == (0, 7)


def test_averages_follow_the_number_and_not_the_place():
    smoother = Smoother()
    smoother.update([1, 2], [HAPPY, SAD], 0.0)
    assert_allclose(smoother.update([2, 1], [SAD, HAPPY], 0.1), [SAD, HAPPY])


def test_two_faces_without_a_number_are_two():
    assert_allclose(Smoother().update([None, None], [HAPPY, SAD], 0.0), [HAPPY, SAD])


def test_a_remembered_average_counts_like_one_that_was_computed():
    one, two = Smoother(), Smoother()
    two.remember(1, one.update([1], [HAPPY], 0.0)[0], 0.0)
    assert_allclose(two.update([1], [SAD], 0.2), one.update([1], [SAD], 0.2))


@pytest.fixture(scope='module')
def recognizer():
    return Recognizer.load('mini_xception', 'whole', threads=1)


@pytest.fixture
def face(recognizer):
    "A function: how happy, and where -> a face as a frame gives it"

    def make(happy, x=0):
        p = dict.fromkeys(recognizer.label_set, 0.0) | {'happy': happy, 'sad': 1 - happy}
        label = max(p, key=p.get)
        return Recognition((x, 0, 9, 9), 1.0, label, p[label], p, EMOTIONS[label])

    return make


def test_the_raw_answer_stays_beside_the_average(recognizer, face):
    smoother = Smoother(0.5)
    smooth_faces(recognizer, smoother, [1], [face(0.9)], 0.0)
    (seen,) = smooth_faces(recognizer, smoother, [1], [face(0.2)], 0.05)
    assert (seen.number, seen.raw.label, seen.smooth.label) == (1, 'sad', 'happy')
    assert 0.2 < seen.smooth.probabilities['happy'] < 0.9


def test_one_frame_that_disagrees_does_not_show_and_a_change_does(recognizer, face):
    stream, shown = FaceStream(recognizer, seconds=0.3), []
    for i, happy in enumerate([0.9] * 5 + [0.2] + [0.9] * 3 + [0.1] * 8):
        shown.append(stream.update([face(happy)], i / 20)[0].smooth.label)
    assert shown[:9] == ['happy'] * 9
    assert shown[-1] == 'sad'


def test_a_new_face_is_held_back_until_a_second_frame_shows_it(recognizer, face):
    stream = FaceStream(recognizer)
    seen = [
        stream.update([face(0.9)], 0.0),
        stream.update([face(0.9), face(0.9, x=400)], 0.1),
        stream.update([face(0.9), face(0.9, x=400)], 0.2),
    ]
    assert [[s.number for s in faces] for faces in seen] == [[1], [1], [1, 2]]


def test_a_restart_forgets_faces_and_gives_no_number_twice(recognizer, face):
    stream = FaceStream(recognizer)
    stream.update([face(0.9)], 0.0)
    stream.restart()
    assert stream.tracker.tracks == []
    (seen,) = stream.update([face(0.1)], 0.1)
    assert (seen.number, seen.smooth.label) == (2, 'sad')


def test_another_recognizer_keeps_numbers_and_begins_averages_anew(recognizer, face):
    stream = FaceStream(recognizer)
    stream.update([face(0.9)], 0.0)
    stream.use(Recognizer.load('mini_xception', 'whole', threads=1, threshold=1.0))
    (seen,) = stream.update([face(0.4)], 0.1)
    assert (seen.number, seen.smooth.label, seen.smooth.shown) == (1, 'sad', 'not sure')


def test_a_frame_without_a_face_gives_none(recognizer):
    assert FaceStream(recognizer).update(Recognitions(), 0.0) == []
