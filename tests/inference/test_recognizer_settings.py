"What a recognizer refuses in one line: settings out of their range, faces that match no picture"

import numpy as np
import pytest

from fer_nb.core.detect import Face
from fer_nb.core.errors import FerError
from fer_nb.inference.recognize import Recognizer, RecognizeError
from fer_nb.inference.runtime import OnnxModel
from fer_nb.core.model_folder import ModelError

BLACK = np.zeros((64, 64, 3), np.uint8)
FACE = Face((0, 0, 64, 64), 1.0)


@pytest.fixture(scope='module')
def recognizer():
    return Recognizer.load('mini_xception', 'whole', threads=1)


@pytest.mark.parametrize('threshold', [90, 1.001, -0.1, float('nan'), float('inf'), '90 %', None])
def test_a_threshold_is_a_confidence(threshold):
    with pytest.raises(RecognizeError, match='threshold is a confidence from 0 to 1') as e:
        Recognizer.load('mini_xception', 'whole', threshold=threshold)
    assert '\n' not in str(e.value)


@pytest.mark.parametrize('threshold', [0, 1, 0.5, np.float32(0.5)])
def test_thresholds_that_are_taken(threshold):
    assert Recognizer.load('mini_xception', 'whole', threshold=threshold).threshold == threshold


@pytest.mark.parametrize('threads', [-1, 2.0, True, '2', None, 10**9])
def test_threads_are_a_number_of_cores(threads):
    with pytest.raises(ModelError, match='threads is a whole number of cores') as e:
        Recognizer.load('mini_xception', 'whole', threads=threads)
    assert '\n' not in str(e.value)


@pytest.mark.parametrize('threads', [0, 1, np.int64(2)])
def test_threads_that_are_taken(threads):
    assert OnnxModel('mini_xception', threads).name


@pytest.mark.parametrize('pictures, faces', [(1, 2), (2, 1), (0, 1), (1, 0)])
def test_each_picture_has_one_list_of_faces(recognizer, pictures, faces):
    with pytest.raises(RecognizeError, match=f'{pictures} pictures and {faces} lists of faces'):
        recognizer.many([BLACK] * pictures, [[FACE]] * faces)


def test_inputs_and_faces_match_too(recognizer):
    inputs = [recognizer.inputs(BLACK, [FACE])]
    with pytest.raises(FerError, match='1 pictures and 2 lists of faces'):
        recognizer.answer(inputs, [[FACE], []])


def test_generators_of_pictures_and_faces_are_taken(recognizer):
    answers = recognizer.many((BLACK for _ in range(2)), iter([[FACE], []]))
    assert [len(a) for a in answers] == [1, 0]
