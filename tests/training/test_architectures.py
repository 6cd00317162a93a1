"Every architecture goes all the way: trained, exported, checked, and asked for an answer"

import numpy as np
import pytest

pytest.importorskip('keras')

import onnx
from fer_nb.data.augment import Augment
from fer_nb.training.backend import keras, layers
from fer_nb.data.dataset import FaceDataset
from fer_nb.training.export import MAX_DIFFERENCE, export_model, parity, to_onnx
from fer_nb.core.labels import get_label_set
from fer_nb.training.networks import ARCHITECTURES, in_precision
from fer_nb.core.preprocess import Preprocess
from fer_nb.inference.recognize import Recognizer
from fer_nb.core.model_folder import load_spec
from fer_nb.training.config import TrainConfig
from fer_nb.training.train import train

LABELS = ('sad', 'happy')


def faces(side=32, training=64, validation=8):
    "Bright faces are happy, dark ones sad"
    n = training + validation
    labels = np.arange(n) % 2
    rng = np.random.default_rng(0)
    images = np.clip(rng.normal(90 + 60 * labels[:, None, None], 40, (n, side, side)), 0, 255)
    split = np.repeat([0, 1], [training, validation]).astype(np.uint8)
    label_set = get_label_set(list(LABELS))
    return FaceDataset(
        images.astype(np.uint8), labels.astype(np.uint8), split, label_set, np.arange(n)
    )


def settings(model):
    "One epoch; the largest network takes it in a single step"
    channels = 3 if model == 'efficientnet_b4' else 1
    batch = 64 if model == 'efficientnet_b4' else 32
    return TrainConfig(
        model, 'custom', Preprocess(32, channels), Augment(), epochs=1, batch_size=batch, ema=0.0
    )


def largest_difference(a, b):
    return float(np.abs(keras.ops.convert_to_numpy(a) - keras.ops.convert_to_numpy(b)).max())


@pytest.mark.parametrize('name', ARCHITECTURES)
def test_an_architecture_is_trained_exported_and_answers(name, tmp_path):
    config = settings(name)
    network = train(config, faces(), tmp_path)
    export_model(network, tmp_path, name, {'custom': LABELS}, config.preprocess)
    graph = onnx.load(tmp_path / 'model.onnx').graph
    assert [value.name for value in graph.input] == ['faces']
    assert graph.output[0].name == 'custom'
    assert parity(network, tmp_path / 'model.onnx', 8) <= MAX_DIFFERENCE
    assert load_spec(tmp_path).parameters == network.count_params()
    (answer,) = Recognizer.load(tmp_path, detector='whole')(np.full((40, 40, 3), 200, np.uint8))
    assert answer.label in LABELS


@pytest.fixture(scope='module')
def normalized():
    "A network that begins with a Normalization layer whose weights are not the usual 0 and 1"
    inputs = layers.Input((8, 8, 3), name='faces')
    pixels = layers.Normalization(name='normal')
    x = layers.Conv2D(4, 3)(pixels(inputs))
    x = layers.GlobalAveragePooling2D()(x * 0.1 + 1)
    network = keras.Model(inputs, layers.Dense(2, name='custom')(x))
    pixels.set_weights([np.array([90.0, 100.0, 110.0]), np.array([400.0, 900.0, 0.0]), np.array(1)])
    pixels.finalize_state()
    return network


def test_a_copy_normalizes_as_the_network_does(normalized):
    some = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 3)).astype(np.float32)
    copy = in_precision(normalized, 'float32')
    assert largest_difference(copy(some), normalized(some)) < 1e-4 * np.abs(normalized(some)).max()


def test_what_a_layer_keeps_is_no_input_of_the_export(tmp_path, normalized):
    normalized.get_layer('normal').set_weights([np.full(3, 90.0), np.full(3, 400.0), np.array(1)])
    normalized.get_layer('normal').finalize_state()
    to_onnx(normalized, tmp_path / 'm.onnx')
    assert [value.name for value in onnx.load(tmp_path / 'm.onnx').graph.input] == ['faces']
    assert parity(normalized, tmp_path / 'm.onnx', 8) <= MAX_DIFFERENCE
