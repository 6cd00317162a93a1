"One face, one tensor: training, evaluation and the app feed the network the very same numbers"

import json
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_nb.core.detect import Face
from fer_nb.core.labels import get_label_set
from fer_nb.core.model_folder import load_spec
from fer_nb.data.augment import Augment
from fer_nb.data.dataset import FaceDataset
from fer_nb.evaluation.evaluate import predict_dataset
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.runtime import OnnxModel


@pytest.fixture
def batches(monkeypatch):
    "The batches that reach ONNX Runtime"
    seen = []
    plain = OnnxModel.logits

    def watched(self, faces, *more):
        seen.append(faces.copy())
        return plain(self, faces, *more)

    monkeypatch.setattr(OnnxModel, 'logits', watched)
    return seen


def test_the_same_face_gives_the_same_tensor(batches):
    from fer_nb.training.batches import FaceBatches
    from fer_nb.training.config import TrainConfig

    face = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    label, split = np.array([3], np.uint8), np.array([0], np.uint8)
    ds = FaceDataset(face[None], label, split, get_label_set('fer2013'), np.arange(1))
    trained, _ = FaceBatches(ds, TrainConfig(augment=None, batch_size=1))[0]
    still = Augment(flip=False, rotate=0, shift=0, zoom=0)
    augmented, _ = FaceBatches(ds, TrainConfig(augment=still, batch_size=1))[0]

    predict_dataset(OnnxModel('mini_xception'), ds)
    photo = np.full((90, 120, 3), 70, np.uint8)
    photo[20:68, 30:78] = face[..., None]
    where = Face((30, 20, 48, 48), 1.0)
    Recognizer.load('mini_xception', detector=lambda image: [where])(photo)

    evaluated, _warm_up, shown = batches
    for other in (augmented, evaluated, shown):
        assert np.array_equal(trained, other)


# --- six classes with names of one's own: from folders of images to an answer --------------------

CLASSES = [f'class {i}' for i in range(1, 7)]


def fer_nb(*words):
    done = subprocess.run(['fer-nb', *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    "A folder of four blurred noises for each class: the higher the class, the more blurred"
    folder = tmp_path_factory.mktemp('images')
    rng = np.random.default_rng(0)
    for blur, name in enumerate(CLASSES, 1):
        (folder / name).mkdir()
        for n in range(4):
            noise = rng.integers(0, 256, (40 + blur, 50), np.uint8)
            Image.fromarray(cv2.GaussianBlur(noise, (0, 0), blur)).save(folder / name / f'{n}.png')
    return folder


@pytest.fixture(scope='module')
def settings(tmp_path_factory):
    "A train.json for two epochs on these classes"
    folder = tmp_path_factory.mktemp('settings')
    shown = [{'name': name, 'emoji': name[-1]} for name in CLASSES]
    labels = {'name': 'six', 'labels': shown}
    (folder / 'six.json').write_text(json.dumps(labels))
    config = {'labels': str(folder / 'six.json'), 'epochs': 2, 'batch_size': 8}
    config['preprocess'] = {'size': 32}
    (folder / 'train.json').write_text(json.dumps(config))
    return folder / 'train.json'


@pytest.fixture(scope='module')
def network(images, settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp('run')
    words = ['--config', settings, '--data', images, '--out', folder / 'net']
    fer_nb('train', *words, '--tensorboard', folder / 'board')
    assert list((folder / 'board').rglob('events*'))
    return folder / 'net'


def test_own_classes_are_the_answers(network, images):
    where = Face((0, 0, 50, 41), 1.0)
    recognizer = Recognizer.load(network, detector=lambda image: [where])
    found = recognizer(images / 'class 1/0.png')
    assert list(found[0].probabilities) == CLASSES
    assert found[0].emoji == found[0].label[-1]


def test_own_classes_are_evaluated(network, images, tmp_path):
    report = tmp_path / 'report.html'
    done = fer_nb('evaluate', network, '--data', images, '--report', report)
    assert json.loads(done.stdout)['n'] >= 6
    assert report.exists()


def test_a_finished_run_keeps_what_was_fitted_for_it(network, images, settings):
    fer_nb('calibrate', network, '--data', images)
    fitted = load_spec(network).temperature
    assert fitted['six'] != 1
    fer_nb('train', '--config', settings, '--data', images, '--out', network)
    assert load_spec(network).temperature == fitted
