"One face, one tensor: training, evaluation and the app feed the network the very same numbers"

import json
import numpy as np
import pytest
from fer_nb.data.augment import Augment
from fer_nb.data.dataset import FaceDataset
from fer_nb.core.detect import Face
from fer_nb.evaluation.metrics import predict_dataset
from fer_nb.core.labels import get_label_set
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.runtime import OnnxModel


@pytest.fixture
def seen(monkeypatch):
    "All batches that reach ONNX Runtime, as they are"
    batches = []
    plain = OnnxModel.logits
    monkeypatch.setattr(
        OnnxModel,
        'logits',
        lambda self, faces, *a: batches.append(faces.copy()) or plain(self, faces, *a),
    )
    return batches


def test_the_same_face_gives_the_same_tensor(seen):
    from fer_nb.training.batches import FaceBatches
    from fer_nb.training.config import TrainConfig

    face = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    ds = FaceDataset(
        face[None],
        np.array([3], np.uint8),
        np.array([0], np.uint8),
        get_label_set('fer2013'),
        np.arange(1),
    )
    trained, _ = FaceBatches(ds, TrainConfig(augment=None, batch_size=1))[0]
    still = Augment(flip=False, rotate=0, shift=0, zoom=0)
    augmented, _ = FaceBatches(ds, TrainConfig(augment=still, batch_size=1))[0]
    predict_dataset(OnnxModel('mini_xception'), ds)  # evaluation
    photo = np.full((90, 120, 3), 70, np.uint8)
    photo[20:68, 30:78] = face[..., None]
    Recognizer.load('mini_xception', detector=lambda im: [Face((30, 20, 48, 48), 1.0)])(
        photo
    )  # command line and app
    evaluated, warm_up, shown = seen
    for other in (augmented, evaluated, shown):
        assert np.array_equal(trained, other)


def test_six_labels_end_to_end(tmp_path):
    "A label set of six, with class names of one's own on screen: from folders of stand-in pictures to an answer"
    import cv2, subprocess
    from PIL import Image

    rng = np.random.default_rng(0)
    labels = tmp_path / 'six.json'
    labels.write_text(
        json.dumps(
            {
                'name': 'six',
                'labels': [{'name': f'class {i}', 'emoji': str(i)} for i in range(1, 7)],
            }
        )
    )
    for i in range(1, 7):
        (tmp_path / f'pictures/class {i}').mkdir(parents=True)
        for n in range(4):
            Image.fromarray(
                cv2.GaussianBlur(rng.integers(0, 256, (40 + i, 50), np.uint8), (0, 0), i)
            ).save(tmp_path / f'pictures/class {i}/{n}.png')
    (tmp_path / 'train.json').write_text(
        json.dumps(
            {'labels': str(labels), 'epochs': 2, 'batch_size': 8, 'preprocess': {'size': 32}}
        )
    )
    done = subprocess.run(
        [
            'fer-nb',
            'train',
            '--config',
            tmp_path / 'train.json',
            '--data',
            tmp_path / 'pictures',
            '--out',
            tmp_path / 'net',
            '--tensorboard',
            tmp_path / 'board',
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and list((tmp_path / 'board').rglob('events*')), done.stderr[-2000:]
    found = Recognizer.load(tmp_path / 'net', detector=lambda im: [Face((0, 0, 50, 41), 1.0)])(
        tmp_path / 'pictures/class 1/0.png'
    )
    assert (
        list(found[0].probabilities) == [f'class {i}' for i in range(1, 7)]
        and found[0].emoji == found[0].label[-1]
    )
    assert list(get_label_set('six')) == ['happy', 'sad', 'angry', 'surprise', 'neutral', 'ahegao']
    done = subprocess.run(
        [
            'fer-nb',
            'evaluate',
            tmp_path / 'net',
            '--data',
            tmp_path / 'pictures',
            '--report',
            tmp_path / 'r.html',
        ],
        capture_output=True,
        text=True,
    )
    assert (
        done.returncode == 0
        and json.loads(done.stdout)['n'] >= 6
        and (tmp_path / 'r.html').exists()
    ), done.stderr
    from fer_nb.core.model_folder import load_spec

    assert (
        subprocess.run(
            ['fer-nb', 'calibrate', tmp_path / 'net', '--data', tmp_path / 'pictures'],
            capture_output=True,
        ).returncode
        == 0
    )
    fitted = load_spec(tmp_path / 'net').temperature
    done = subprocess.run(
        [
            'fer-nb',
            'train',
            '--config',
            tmp_path / 'train.json',
            '--data',
            tmp_path / 'pictures',
            '--out',
            tmp_path / 'net',
        ],
        capture_output=True,
        text=True,
    )
    assert (
        done.returncode == 0
        and fitted['six'] != 1
        and load_spec(tmp_path / 'net').temperature == fitted
    ), done.stderr  # a finished run is not trained again, and keeps what was fitted for it
