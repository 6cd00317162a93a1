"Every architecture goes all the way: trained, exported, checked, and asked for an answer"

import numpy as np
import pytest

pytest.importorskip('keras')

import onnx

from fer_nb.core.labels import get_label_set
from fer_nb.core.model_folder import load_spec
from fer_nb.core.preprocess import Preprocess
from fer_nb.data.dataset import FaceDataset
from fer_nb.inference.recognize import Recognizer
from fer_nb.training import efficientnet_lite0
from fer_nb.training.backend import keras, layers
from fer_nb.training.config import TrainConfig
from fer_nb.training.export import MAX_DIFFERENCE, export_model, parity, to_onnx
from fer_nb.training.networks import ARCHITECTURES, in_precision
from fer_nb.training.train import train

LABELS = ('sad', 'happy')

# One of each family; the others have more or wider layers of the same kinds.
QUICK = [
    'mini_xception',
    'deep_cnn',
    'mobilenet',
    'fernet-small',
    'efficientnet_lite0',
    'efficientnet_b4',
]

pytestmark = pytest.mark.usefixtures('uncompiled')  # one step is over before it is compiled


@pytest.fixture(scope='module')
def faces():
    "Four faces to learn from and two to validate on; some bodies need 32 pixels"
    labels = np.array([0, 1, 0, 1, 0, 1], np.uint8)
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32), np.uint8)
    split = np.repeat([0, 1], [4, 2]).astype(np.uint8)
    return FaceDataset(images, labels, split, get_label_set(list(LABELS)), np.arange(6))


@pytest.fixture
def short_bodies(monkeypatch, tiny_fernet):
    "Bodies that end early, but hold each kind of layer"

    def short_b4(**choices):
        body = whole_b4(**choices)
        return keras.Model(body.inputs, body.get_layer('block2b_add').output)

    whole_b4 = keras.applications.EfficientNetB4
    monkeypatch.setattr(keras.applications, 'EfficientNetB4', short_b4)
    stages = efficientnet_lite0.LITE0_STAGES[:2]
    monkeypatch.setattr(efficientnet_lite0, 'LITE0_STAGES', stages)


def settings(model):
    "One epoch of one step"
    channels = 3 if model == 'efficientnet_b4' else 1
    pre = Preprocess(32, channels)
    return TrainConfig(model, 'custom', pre, augment=None, epochs=1, batch_size=4, ema=0.0)


def largest_difference(a, b):
    return float(np.abs(keras.ops.convert_to_numpy(a) - keras.ops.convert_to_numpy(b)).max())


def goes_all_the_way(name, faces, folder):
    config = settings(name)
    network = train(config, faces, folder)
    export_model(network, folder, name, {'custom': LABELS}, config.preprocess)
    graph = onnx.load(folder / 'model.onnx').graph
    assert [value.name for value in graph.input] == ['faces']
    assert graph.output[0].name == 'custom'
    assert load_spec(folder).parameters == network.count_params()
    (answer,) = Recognizer.load(folder, detector='whole')(np.full((40, 40, 3), 200, np.uint8))
    assert answer.label in LABELS


@pytest.mark.parametrize('name', QUICK)
def test_an_architecture_is_trained_exported_and_answers(name, faces, tmp_path, short_bodies):
    goes_all_the_way(name, faces, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize('name', ARCHITECTURES)
def test_a_whole_architecture_is_trained_exported_and_answers(name, faces, tmp_path):
    "Minutes and gigabytes of memory, for more layers of the kinds that the quick test has"
    goes_all_the_way(name, faces, tmp_path)


@pytest.fixture
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
