"From a box to a network's input: edges, alignment and values that make no sense"

import cv2
import numpy as np
import pytest

from fer_nb.core.image_limits import ImageError
from fer_nb.core.preprocess import (
    UPRIGHT,
    Preprocess,
    align_face,
    boxes_input,
    crop_face,
    face_input,
    faces_input,
    square_box,
)

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)


@pytest.fixture
def tilted():
    "Landmarks of a face of 80 pixels, turned by 30 degrees"
    turn = cv2.getRotationMatrix2D((100, 100), 30, 1)
    return cv2.transform((UPRIGHT * 80 + 60)[None], turn)[0]


def test_a_margin_grows_the_square_on_each_side():
    assert square_box((0, 0, 40, 40), margin=0.25) == (-10, -10, 60, 60)


def test_a_box_without_pixels_is_refused():
    with pytest.raises(ImageError, match='at least 1 pixel'):
        crop_face(RAMP, (0, 0, 0, 3))


def test_a_box_far_outside_repeats_the_corner():
    assert crop_face(RAMP, (50, 50, 2, 2)).tolist() == [[11, 11], [11, 11]]


def test_landmarks_align_the_faces_that_have_them(noise, tilted):
    align = Preprocess(align=True)
    batch = boxes_input(noise, [(0, 0, 99, 99)] * 2, align, [tilted, None])
    assert (batch[:1] == faces_input([align_face(noise, tilted)])).all()
    assert (batch[1:] == boxes_input(noise, [(0, 0, 99, 99)])).all()
    assert np.abs(batch[0] - batch[1]).mean() > 5


def test_landmarks_change_nothing_where_a_model_does_not_align(noise, tilted):
    box = [(60, 60, 80, 80)]
    assert (boxes_input(noise, box, Preprocess(), [tilted]) == boxes_input(noise, box)).all()


def test_no_faces_make_an_empty_batch():
    assert faces_input([]).shape == (0, 48, 48, 1)


def test_a_square_around_a_long_strip_comes_from_a_smaller_copy():
    strip = np.linspace(0, 255, 12_000).astype(np.uint8)[None, :, None].repeat(3, axis=2)
    batch = boxes_input(strip, [(0, 0, 12_000, 1)])
    assert batch.shape == (1, 48, 48, 1)
    assert np.allclose(batch[0, :, :, 0], np.linspace(2.6, 252.4, 48), atol=2)


def test_a_gray_face_becomes_rgb_for_a_network_that_wants_it():
    assert face_input(np.zeros((48, 48), np.uint8), Preprocess(64, 3)).shape == (64, 64, 3)


def test_a_face_of_any_size_becomes_the_size_of_the_network():
    assert face_input(np.zeros((300, 200, 3), np.uint8)).shape == (48, 48, 1)


def test_red_is_the_first_channel():
    red = np.zeros((48, 48, 3), np.uint8)
    red[..., 0] = 255
    assert abs(face_input(red).mean() - 0.299 * 255) < 1


def test_channels_other_than_1_and_3_are_refused():
    with pytest.raises(ImageError, match='1 or 3 channels'):
        Preprocess(48, 2)


@pytest.mark.parametrize(
    'odd',
    [{'size': '48'}, {'size': 48.5}, {'margin': 'a'}, {'margin': -0.5}, {'align': 1}],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(odd):
    with pytest.raises(ImageError, match='a network input needs'):
        Preprocess(**odd)
