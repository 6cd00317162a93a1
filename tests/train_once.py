"A tiny training run in a process of its own, so that tests can kill it, change its backend or give it two devices: python train_once.py FOLDER [DEVICES] [EPOCHS]"

import os, sys

folder, devices, epochs = (
    sys.argv[1],
    int((sys.argv[2:3] or [1])[0]),
    int((sys.argv[3:4] or [3])[0]),
)
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ['XLA_FLAGS'] = '--xla_force_host_platform_device_count=2'  # JAX: two devices on the CPU

import keras, numpy as np

if keras.backend.backend() == 'tensorflow':
    import tensorflow as tf

    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices('CPU')[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )

from fer_nb.data.augment import Augment
from fer_nb.data.dataset import FaceDataset
from fer_nb.core.labels import get_label_set
from fer_nb.training.networks import FERNET_SIZES
from fer_nb.core.preprocess import Preprocess
from fer_nb.training.config import TrainConfig
from fer_nb.training.train import train

FERNET_SIZES['small'] = (
    8,
    ((8, 1), (16, 1)),
)  # the same pieces, but few of them: most of the time went into compiling
rng = np.random.default_rng(0)
n = 96
labels = np.arange(n) % 2
faces = np.clip(rng.normal(90 + 60 * labels[:, None, None], 40, (n, 16, 16)), 0, 255).astype(
    np.uint8
)  # bright and dark ones: there is something to learn
ds = FaceDataset(
    faces,
    labels.astype(np.uint8),
    np.repeat([0, 1], [64, 32]).astype(np.uint8),
    get_label_set(['sad', 'happy']),
    np.arange(n),
)
config = TrainConfig(
    labels='custom',
    preprocess=Preprocess(16),
    model='fernet-small',
    dropout=0.0,
    batch_size=16,
    epochs=epochs,
    learning_rate=0.002,
    devices=devices,
    augment=Augment(mixup=0.2),
)


class Told(keras.callbacks.Callback):
    "Say each batch and its loss, so that whoever watches knows where the run is"

    def on_train_batch_end(self, batch, logs=None):
        print('batch', batch, float(logs['loss']), flush=True)


train(config, ds, folder, [Told()])
print('done', keras.backend.backend(), flush=True)
