"What a model on ONNX Runtime refuses, and which answers stay the same"

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fer_nb.core.labels import LabelError
from fer_nb.core.model_folder import ModelError, ModelSpec, save_spec
from fer_nb.core.preprocess import Preprocess
from fer_nb.inference.runtime import OnnxModel, softmax


@pytest.fixture(scope='module')
def model():
    return OnnxModel('mini_xception', threads=1)


@pytest.fixture(scope='module')
def faces():
    return np.random.default_rng(0).uniform(0, 255, (3, 48, 48, 1)).astype(np.float32)


@pytest.fixture
def with_spec(model, tmp_path):
    "A function: spec -> a folder with this model.json, and mini_xception's network or other bytes"
    own = (model.folder / 'model.onnx').read_bytes()

    def make(spec, network=own):
        (tmp_path / 'model.onnx').write_bytes(network)
        save_spec(spec, tmp_path)
        return tmp_path

    return make


def test_softmax_does_not_overflow():
    assert_allclose(softmax(np.array([[1e4, 0.0]])), [[1, 0]])


def test_softmax_of_no_faces_is_empty():
    assert softmax(np.zeros((0, 7))).shape == (0, 7)


def test_a_higher_temperature_is_less_sure():
    logits = np.array([[2.0, 0.0]])
    assert softmax(logits, 2.0)[0, 0] < softmax(logits)[0, 0]


def test_probabilities_have_a_row_for_each_face(model, faces):
    assert model.probabilities(faces).shape == (3, 7)


def test_batches_do_not_change_an_answer(model, faces):
    whole = model.probabilities(faces)
    assert_allclose(model.probabilities(faces, batch_size=2), whole, atol=1e-6)


def test_no_faces_get_no_answers(model, faces):
    assert model.probabilities(faces[:0]).shape == (0, 7)


def test_faces_of_another_size_are_refused(model, faces):
    with pytest.raises(ModelError, match='takes N×48×48×1 faces, not 3×40×48×1'):
        model.logits(faces[:, :40])


def test_one_face_without_a_batch_is_refused(model, faces):
    with pytest.raises(ModelError, match='takes N×48×48×1'):
        model.logits(faces[0])


@pytest.mark.parametrize('ask', ['logits', 'probabilities', 'cams'])
def test_an_output_that_the_model_lacks_is_refused(model, faces, ask):
    with pytest.raises((ModelError, LabelError), match="no output 'ferplus'"):
        getattr(model, ask)(faces, 'ferplus')


def test_a_file_that_is_no_network_is_refused(model, with_spec):
    with pytest.raises(ModelError, match='cannot be loaded'):
        OnnxModel(with_spec(model.spec, b'not a network'))


def test_an_output_that_the_file_lacks_is_refused(with_spec):
    with pytest.raises(ModelError, match='has no output other'):
        OnnxModel(with_spec(ModelSpec('x', {'other': ('a', 'b')})))


def test_a_list_of_labels_that_is_too_short_is_refused(model, with_spec):
    labels = model.spec.outputs['fer2013'][1:]
    with pytest.raises(ModelError, match='7 answers for fer2013, but its model.json has 6 labels'):
        OnnxModel(with_spec(replace(model.spec, outputs={'fer2013': labels})))


def test_preprocessing_that_does_not_fit_the_file_is_refused(model, with_spec):
    with pytest.raises(ModelError, match='does not take N×64×64×1 faces'):
        OnnxModel(with_spec(replace(model.spec, preprocess=Preprocess(64))))
