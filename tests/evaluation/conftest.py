"Tiny data and the smallest network, for all tests of the package"

import json
import shutil
import numpy as np
import pytest
from fer_nb.core.labels import get_label_set
from fer_nb.core.models import find_model
from fer_nb.data.dataset import FaceDataset
from fer_nb.inference.runtime import OnnxModel


@pytest.fixture(scope='session')
def model():
    return OnnxModel('mini_xception')


@pytest.fixture(scope='session')
def noise():
    "Eighteen random faces, six for each split; nobody is neutral"
    rng = np.random.default_rng(0)
    return FaceDataset(
        images=rng.integers(0, 256, (18, 48, 48), np.uint8),
        labels=(np.arange(18) % 6).astype(np.uint8),
        split=np.repeat([0, 1, 2], 6).astype(np.uint8),
        label_set=get_label_set('fer2013'),
        ids=np.arange(18),
        name='noise',
    )


@pytest.fixture
def folder(tmp_path):
    "A model folder with the exported network and its model.json, nothing else"
    for name in ('model.onnx', 'model.json'):
        shutil.copy(find_model('mini_xception') / name, tmp_path)
    return tmp_path


@pytest.fixture
def write_metrics_file(folder):
    "Write a metrics.json into the folder"

    def write(metrics):
        (folder / 'metrics.json').write_text(json.dumps(metrics))

    return write
