"""A tiny training run in a process of its own: python train_once.py FOLDER [DEVICES] [EPOCHS]

So tests can kill it, change its backend or give it two devices.
"""

import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ['XLA_FLAGS'] = '--xla_force_host_platform_device_count=2'  # JAX: two devices

import keras
import numpy as np

from fer_nb.core.labels import get_label_set
from fer_nb.core.preprocess import Preprocess
from fer_nb.data.augment import Augment
from fer_nb.data.dataset import FaceDataset
from fer_nb.training.config import TrainConfig
from fer_nb.training.networks import FERNET_SIZES
from fer_nb.training.train import train

# The same pieces, but few of them: most of the time went into compiling.
FERNET_SIZES['small'] = (8, ((8, 1), (16, 1)))


def two_devices():
    "Let TensorFlow take the processor for two devices"
    import tensorflow as tf

    cpu = tf.config.list_physical_devices('CPU')[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def dark_and_bright_faces(n=96, train=64):
    "Two classes that a network can tell apart"
    rng = np.random.default_rng(0)
    labels = (np.arange(n) % 2).astype(np.uint8)
    faces = rng.normal(90 + 60 * labels[:, None, None], 40, (n, 16, 16))
    faces = np.clip(faces, 0, 255).astype(np.uint8)
    split = np.repeat([0, 1], [train, n - train]).astype(np.uint8)
    return FaceDataset(faces, labels, split, get_label_set(['sad', 'happy']), np.arange(n))


class Told(keras.callbacks.Callback):
    "Say each batch and its loss, so that whoever watches knows where the run is"

    def on_train_batch_end(self, batch, logs=None):
        print('batch', batch, float(logs['loss']), flush=True)


def main(folder, devices=1, epochs=3):
    if keras.backend.backend() == 'tensorflow':
        two_devices()
    config = TrainConfig(
        labels='custom',
        preprocess=Preprocess(16),
        model='fernet-small',
        dropout=0.0,
        batch_size=16,
        epochs=int(epochs),
        learning_rate=0.002,
        devices=int(devices),
        augment=Augment(mixup=0.2),
    )
    train(config, dark_and_bright_faces(), folder, [Told()])
    print('done', keras.backend.backend(), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
