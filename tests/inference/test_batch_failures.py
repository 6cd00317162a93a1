"One picture that fails costs only itself, wherever it fails"

import numpy as np
import pytest
from fer_nb.core.detect import Face
from fer_nb.inference.batch import predict_files
from fer_nb.inference.recognize import Recognizer
from PIL import Image

POISON = 77  # pixels: the height of the picture that breaks something


@pytest.fixture
def photos(tmp_path):
    "Four pictures; the second one breaks things, the third is no picture"
    for name, height in (('a', 60), ('b', POISON), ('d', 60)):
        Image.new('RGB', (60, height), 'gray').save(tmp_path / f'{name}.png')
    (tmp_path / 'c.png').write_text('no picture')
    return [str(tmp_path / f'{name}.png') for name in 'abcd']


def one_face(image):
    return [Face((0, 0, 60, image.shape[0]), 1.0)]


def poisoned_detector(image):
    if image.shape[0] == POISON:
        raise OverflowError('poison')
    return one_face(image)


class PoisonedNetwork(Recognizer):
    "A network that fails for the tall picture, alone or with others"

    def answer(self, inputs, faces):
        if any(face.box[3] == POISON for found in faces for face in found):
            raise ArithmeticError('poison')
        return super().answer(inputs, faces)


@pytest.mark.parametrize('batch', [1, 32])
def test_a_detector_that_fails_costs_one_picture(photos, batch):
    recognizer = Recognizer.load(detector=poisoned_detector, threads=1)
    found = list(predict_files(photos, recognizer, batch=batch))
    assert [p.path for p in found] == photos
    assert [p.faces is not None for p in found] == [True, False, False, True]
    assert found[1].reason == 'OverflowError: poison'
    assert found[1].message.endswith('could not be looked at (OverflowError); please report it')
    assert 'is not a picture' in found[2].reason
    assert found[2].message == found[2].reason


@pytest.mark.parametrize('batch', [1, 32])
def test_a_network_that_fails_costs_one_picture(photos, batch):
    recognizer = PoisonedNetwork.load(detector=one_face, threads=1)
    found = list(predict_files(photos, recognizer, batch=batch))
    assert [len(p.faces or ()) for p in found] == [1, 0, 0, 1]
    assert found[1].reason == 'ArithmeticError: poison'


def test_a_developer_sees_where_it_failed(photos, monkeypatch):
    monkeypatch.setenv('FER_NB_DEBUG', '1')
    recognizer = Recognizer.load(detector=poisoned_detector, threads=1)
    with pytest.raises(OverflowError):
        list(predict_files(photos, recognizer))


def test_pictures_come_along_where_they_are_asked_for(photos):
    recognizer = Recognizer.load(detector=one_face, threads=1)
    first, *_ = predict_files(photos[:1], recognizer, batch=1, keep_images=True)
    assert first.image.shape == (60, 60, 3)
    assert first.image.dtype == np.uint8
    first, *_ = predict_files(photos[:1], recognizer)
    assert first.image is None
