"What tests of training share: twelve faces of noise, and a run on them that takes a moment"

import numpy as np
import pytest

from fer_nb.core.labels import get_label_set
from fer_nb.core.preprocess import Preprocess
from fer_nb.data.dataset import FaceDataset
from fer_nb.training.config import TrainConfig


@pytest.fixture
def tiny_fernet(monkeypatch):
    "fernet-small with the same pieces, but few of them"
    from fer_nb.training.networks import FERNET_SIZES

    monkeypatch.setitem(FERNET_SIZES, 'small', (4, ((4, 1), (8, 1))))


@pytest.fixture
def uncompiled():
    "Runs of two steps are over before they are compiled"
    from fer_nb.training.backend import keras

    if keras.backend.backend() != 'tensorflow':
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def noise():
    "Eight faces to learn from and four to validate on, of two classes"
    images = np.random.default_rng(0).integers(0, 256, (12, 16, 16), np.uint8)
    split = np.repeat([0, 1], [8, 4]).astype(np.uint8)
    label_set = get_label_set(['sad', 'happy'])
    return FaceDataset(images, np.arange(12) % 2, split, label_set, np.arange(12))


@pytest.fixture
def small():
    "Two epochs of two steps"
    return TrainConfig(
        model='fernet-small',
        labels='custom',
        preprocess=Preprocess(16),
        batch_size=4,
        epochs=2,
        learning_rate=0.01,
    )
