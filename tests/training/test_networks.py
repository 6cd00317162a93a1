"Each architecture answers for a tiny batch, and a step of training reaches its first layer"

import numpy as np
import pytest

pytest.importorskip('keras')

from fer_nb.training.backend import keras
from fer_nb.training.networks import create_model

SLOW = pytest.mark.slow


def step(network, faces):
    "One step, uncompiled: compiling it would take longer"
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    network.train_on_batch(faces, np.array([0, 3]))


@pytest.mark.parametrize(
    'name, shape',
    [
        ('mini_xception', (48, 48, 1)),
        ('deep_cnn', (48, 48, 1)),
        ('fernet-small', (16, 16, 1)),
        pytest.param('fernet-base', (16, 16, 1), marks=SLOW),
        pytest.param('fernet-wide', (16, 16, 1), marks=SLOW),
        pytest.param('fernet-deep', (16, 16, 1), marks=SLOW),
        ('mobilenet', (32, 32, 1)),
        pytest.param('mobilenet-large', (32, 32, 1), marks=SLOW),
        pytest.param('efficientnet_b4', (32, 32, 3), marks=SLOW),
        ('efficientnet_lite0', (32, 32, 1)),
    ],
)
def test_a_step_reaches_the_first_layer(name, shape):
    network = create_model(name, input_shape=shape)
    faces = np.random.default_rng(0).uniform(0, 255, (2, *shape)).astype('float32')
    logits = keras.ops.convert_to_numpy(network(faces))
    assert logits.shape == (2, 7)
    assert np.isfinite(logits).all()
    first = next(one for one in network.layers if one.trainable_variables).trainable_variables[0]
    before = keras.ops.convert_to_numpy(first).copy()
    step(network, faces)
    assert np.abs(keras.ops.convert_to_numpy(first) - before).max() > 0
