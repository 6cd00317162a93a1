"Temperatures, and where they are kept"

from dataclasses import replace
import numpy as np
import pytest
from fer_nb.core.model_folder import load_spec, save_spec
from fer_nb.evaluation.calibrate import calibrate, fit_temperature
from fer_nb.evaluation.metrics import EvaluationError
from fer_nb.inference.runtime import OnnxModel, softmax


@pytest.fixture
def faces(noise):
    return noise.images[..., None].astype(np.float32)


def test_no_faces_are_refused():
    with pytest.raises(EvaluationError, match='no faces to fit'):
        fit_temperature(np.zeros((0, 3)), np.zeros(0, int))


@pytest.mark.parametrize('n', [1, 18, 300])
def test_right_answers_make_a_model_as_sure_as_one_slip_allows(n):
    logits = np.tile([9.0, 0.0, 0.0], (n, 1))
    confidence = softmax(logits, fit_temperature(logits, np.zeros(n, int)))[0, 0]
    assert confidence == pytest.approx(1 - 1 / (n + 2), abs=1e-3)


def test_equal_logits_end_inside_the_bounds():
    assert 0.05 <= fit_temperature(np.zeros((4, 2)), np.array([0, 1, 0, 1])) <= 20


def test_the_answers_stay_and_their_confidence_changes(folder, noise, faces):
    before = OnnxModel(folder).logits(faces)
    found = calibrate(folder, [noise])['fer2013']
    assert found['after']['nll'] < found['before']['nll']
    after = OnnxModel(folder)
    assert (after.logits(faces) == before).all()
    expected = softmax(before, found['temperature'])
    assert np.allclose(after.probabilities(faces), expected, atol=1e-5)


def test_nothing_is_written_unless_asked_for(folder, noise):
    save_spec(replace(load_spec(folder), temperature={'fer2013': 1.0}), folder)
    calibrate(folder, [noise], write=False)
    assert load_spec(folder).temperature == {'fer2013': 1.0}
