"What views do to a face, and what a model that takes several answers"

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fer_nb.core.errors import FerError
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.runtime import OnnxModel
from fer_nb.inference.views import VIEWS, TtaModel, cropped, shifted

COUNTS = {'flip': 2, 'shifts': 5, 'scales': 3, 'crops': 10, 'all': 14}


@pytest.fixture
def ramp():
    "One face of 4×4 pixels, 0 to 15"
    return np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)


@pytest.fixture(scope='module')
def model():
    return OnnxModel('mini_xception', threads=1)


@pytest.fixture(scope='module')
def faces():
    return np.random.default_rng(0).uniform(0, 255, (3, 48, 48, 1)).astype(np.float32)


def test_a_shift_repeats_the_edge(ramp):
    assert shifted(ramp, 1, 0)[0, 0, :, 0].tolist() == [0, 0, 1, 2]
    assert shifted(ramp, 0, -1)[0, :, 0, 0].tolist() == [4, 8, 12, 12]


def test_a_crop_of_all_is_the_face(ramp):
    assert_allclose(cropped(ramp, 1.0), ramp, atol=1e-5)


def test_a_sharp_step_stays_sharp_and_in_range():
    step = np.float32([0] * 8 + [255] * 8).repeat(16).reshape(1, 16, 16, 1)
    edge = cropped(step, 11 / 12)[0, :, 0, 0]
    assert (edge.min(), edge.max()) == (0, 255)
    assert ((edge > 13) & (edge < 242)).sum() <= 2, edge


@pytest.mark.parametrize('name', VIEWS)
def test_views_keep_their_shape(ramp, name):
    views = VIEWS[name](ramp)
    assert len(views) == COUNTS[name]
    assert all(view.shape == ramp.shape for view in views)


@pytest.mark.parametrize('channels', [1, 3])
def test_faces_of_any_channels_are_cropped(channels):
    faces = np.zeros((2, 8, 8, channels), np.float32)
    assert cropped(faces, 0.5).shape == faces.shape


def test_the_answer_is_the_mean_over_views(model, faces):
    mean = (model.probabilities(faces) + model.probabilities(faces[:, :, ::-1])) / 2
    assert_allclose(TtaModel(model, 'flip').probabilities(faces), mean, atol=1e-6)


def test_a_mirrored_face_gets_the_same_answer(model, faces):
    both = TtaModel(model, 'flip')
    mirrored = both.probabilities(faces[:, :, ::-1])
    assert_allclose(mirrored, both.probabilities(faces), atol=1e-6)


@pytest.mark.parametrize('name', VIEWS)
def test_no_faces_get_no_answers(model, faces, name):
    assert TtaModel(model, name).probabilities(faces[:0]).shape == (0, 7)


def test_views_that_are_not_there_are_named(model):
    with pytest.raises(FerError, match="no views 'rotate'; choose flip, shifts"):
        TtaModel(model, 'rotate')


def test_it_stands_in_for_its_model(model):
    from skimage.data import astronaut

    both = TtaModel(model)
    assert both.spec == model.spec
    assert Recognizer(both, 'haar')(astronaut())[0].label == 'happy'


def test_it_can_be_copied(model):
    assert copy.copy(TtaModel(model)).name == model.name
