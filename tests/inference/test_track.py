"When a face keeps its number and when it gets a new one"

from unittest.mock import patch

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from fer_nb.core.detect import Face
from fer_nb.inference.track import FaceTracker, Track, between


def at(*places, size=9):
    "Faces whose upper left corners are these; a number alone is an x"
    corners = [p if isinstance(p, tuple) else (p, 0) for p in places]
    return [Face((*corner, size, size), 1.0) for corner in corners]


def test_no_faces_have_no_numbers():
    assert FaceTracker().update([], 0.0) == []


def test_a_new_tracker_knows_nobody():
    assert FaceTracker().tracks == []


def test_the_same_moment_may_come_twice():
    tracker = FaceTracker()
    assert [tracker.update(at(0), 0.0) for _ in range(2)] == [[1], [1]]


def test_a_face_that_was_hidden_too_long_gets_a_new_number():
    tracker = FaceTracker(max_gap=0.5)
    tracker.update(at(0), 0.0)
    assert tracker.update([], 0.3) == []
    assert tracker.update(at(0), 0.6) == [2]


def test_a_face_far_away_is_another_one():
    tracker = FaceTracker()
    tracker.update(at(0), 0.0)
    assert tracker.update(at(400, 1), 0.1) == [2, 1]


def test_frames_that_come_rarely_keep_a_face_until_ten_seconds():
    tracker = FaceTracker()
    times = (0, 2, 4, 13, 13.1, 25)
    assert [tracker.update(at(0), time)[0] for time in times] == [1, 1, 1, 1, 1, 2]


def test_restored_frames_that_come_rarely_keep_a_face():
    tracker = FaceTracker()
    for time in (0, 2, 4):
        tracker.restore([1], [(0, 0, 9, 9)], time)
    assert tracker.update(at(0), 6.0) == [1]


def test_a_restored_tracker_goes_on_like_the_one_it_stands_for():
    one, two = FaceTracker(), FaceTracker()
    for i in range(20):
        faces = at(5 * i, 400 - 5 * i, size=30)
        two.restore(one.update(faces, i / 30), [f.box for f in faces], i / 30)
    assert two.update(faces[::-1], 0.7) == one.update(faces[::-1], 0.7)
    assert two.count == 2
    assert_allclose(two.tracks[0].velocity, one.tracks[0].velocity)


@pytest.fixture
def doubting():
    "A tracker that has seen one face, at 0.0 seconds"
    tracker = FaceTracker(doubt=0.3)
    tracker.update(at(0), 0.0)
    return tracker


def test_the_first_frame_is_not_doubted():
    assert FaceTracker(doubt=0.3).update(at(0), 0.0) == [1]


def test_a_false_alarm_costs_no_number(doubting):
    assert doubting.update(at(0, 99), 0.1) == [1, None]
    assert doubting.update(at(0, 400), 0.2) == [1, None]
    assert doubting.update(at(0, 401), 0.3) == [1, 2]


def test_a_false_alarm_that_comes_back_late_is_held_back_again(doubting):
    assert doubting.update(at(0, 99), 0.1) == [1, None]
    assert doubting.update(at(0), 0.3) == [1]
    assert doubting.update(at(0, 99), 0.45) == [1, None]


def test_where_frames_come_slowly_nobody_waits(doubting):
    assert doubting.update(at((200, 90)), 0.9) == [2]


def test_a_velocity_is_learned_and_dies_down():
    track = Track(1, np.array([0.0, 0, 10, 10]), 0.0, np.zeros(2))
    for i in range(1, 31):
        track.see((2 * i, 0, 10, 10), i / 30)  # 60 pixels a second to the right
    assert_allclose(track.velocity, [60, 0], atol=1)
    assert track.at(1.1)[0] == pytest.approx(65.4, abs=0.5)
    assert track.at(9.0)[0] < 91


def test_memory_does_not_grow():
    tracker = FaceTracker()
    for i in range(500):
        tracker.update(at(i * 200 % 9973, size=20), i / 30)  # never the same place
    assert len(tracker.tracks) < 40


@pytest.fixture
def jitter():
    "A function: frame -> the faces of a crowd of 14 that jitters"
    random = np.random.default_rng(0)
    places = random.uniform(0, 2000, (14, 2))
    return lambda: at(*map(tuple, places + random.normal(0, 2, (14, 2))), size=40)


def test_a_crowd_keeps_its_numbers(jitter):
    tracker = FaceTracker()
    for i in range(50):
        tracker.update(jitter(), i / 30)
    assert tracker.count == 14


def test_one_small_pairing_a_frame(jitter):
    tracker, assign = FaceTracker(), optimize.linear_sum_assignment
    with patch.object(optimize, 'linear_sum_assignment', wraps=assign) as pairing:
        for i in range(10):
            tracker.update(jitter(), i / 30)
    assert [call.args[0].shape for call in pairing.call_args_list] == [(14, 14)] * 9


def test_landmarks_lie_between_as_well():
    marks = np.zeros((5, 2), np.float32)
    before = {1: Face((0, 0, 2, 2), 1.0, marks)}
    after = {1: Face((0, 0, 2, 2), 1.0, marks + 4)}
    assert (between(before, after, 0.25)[1].landmarks == marks + 1).all()


def test_a_face_on_one_side_stays_for_the_nearer_half():
    before = {1: Face((0, 0, 10, 10), 0.9), 2: Face((50, 50, 8, 8), 0.8)}
    after = {1: Face((10, 0, 20, 20), 0.9), 3: Face((90, 9, 8, 8), 0.8)}
    boxes = [{n: f.box for n, f in between(before, after, w).items()} for w in (0.4, 0.6)]
    assert boxes[0] == {1: (4, 0, 14, 14), 2: (50, 50, 8, 8)}
    assert boxes[1] == {1: (6, 0, 16, 16), 3: (90, 9, 8, 8)}


def test_a_face_that_nobody_looked_for_has_no_score():
    before, after = {1: at(0)[0], 2: at(90)[0]}, {1: at(5)[0]}
    assert all(np.isnan(face.score) for face in between(before, after, 0.4).values())


def test_nobody_on_both_sides_is_nobody_between():
    assert between({}, {}, 0.5) == {}
