"Worse pictures, several views, and the way through a detector"

from dataclasses import replace
from types import SimpleNamespace
import cv2
import numpy as np
import pytest
from fer_nb.core.detect import Face
from fer_nb.core.preprocess import crop_face
from fer_nb.evaluation.robustness import (
    CORRUPTIONS,
    corrupt,
    end_to_end,
    full_figures,
    overlap,
    robustness,
    scene,
    time_views,
    tta_table,
)

EACH = pytest.mark.parametrize('name', CORRUPTIONS)


@pytest.fixture(scope='module')
def face():
    "A smooth face-like blob: something to blur, to turn and to cover"
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    blob = 120 + 60 * np.cos(3 * x) * np.sin(4 * y + x)
    return blob.astype(np.uint8)


@pytest.fixture
def stand_in(model):
    "Make a model of a function from faces to probabilities"

    def make(answer):
        def probabilities(faces, output=None, batch_size=256):
            return answer(faces)

        return SimpleNamespace(name='stand-in', spec=model.spec, probabilities=probabilities)

    return make


@pytest.fixture
def by_light(stand_in):
    "Calls bright faces happy (3) and dark ones sad (4)"
    return stand_in(lambda faces: np.eye(7)[np.where(faces.mean((1, 2, 3)) > 128, 3, 4)])


@pytest.fixture
def bright(noise):
    images = np.full((18, 48, 48), 180, np.uint8)
    return replace(noise, images=images, labels=np.full(18, 3, np.uint8))


@EACH
def test_a_corruption_changes_the_face_and_keeps_its_form(face, name):
    worse = corrupt([face], name, CORRUPTIONS[name].strengths[2])[0]
    assert (worse != face).any()
    assert worse.shape == face.shape
    assert worse.dtype == np.uint8


@EACH
def test_the_strongest_corruption_changes_most(face, name):
    strengths = CORRUPTIONS[name].strengths
    assert len(strengths) == 5
    change = [
        np.abs(corrupt([face], name, strength)[0].astype(float) - face).mean()
        for strength in strengths
    ]
    assert change[4] > change[0]


@EACH
def test_a_corruption_is_the_same_every_time(face, name):
    strongest = CORRUPTIONS[name].strengths[4]
    once = corrupt([face], name, strongest)
    assert (once == corrupt([face], name, strongest)).all()
    assert (once == corrupt([face], name, float(strongest))).all()


@EACH
def test_color_faces_of_another_size_are_made_worse_too(name):
    color = np.zeros((1, 60, 60, 3), np.uint8)
    assert corrupt(color, name, CORRUPTIONS[name].strengths[0]).shape == color.shape


def test_unchanged_faces_come_first(model, noise):
    rows = robustness(model, noise, 2)
    assert len(rows) == 1 + 9 * 5
    assert rows[0]['corruption'] == 'none'
    assert rows[-1]['corruption'] == 'occlusion'
    assert rows[0]['n'] == 2


def test_only_what_a_model_looks_at_hurts_it(by_light, bright):
    rows = robustness(by_light, bright, 10)
    accuracy = {(row['corruption'], row['level']): row['accuracy'] for row in rows}
    assert accuracy['none', 0] == 1
    assert accuracy['darker', 1] == 1
    assert accuracy['darker', 5] == 0
    assert accuracy['brighter', 5] == 1
    assert accuracy['rotation', 5] == 1
    assert accuracy['low resolution', 5] == 1


def test_each_kind_of_views_is_counted(by_light, bright):
    rows = tta_table(by_light, bright, repeats=1)
    assert [row['n_views'] for row in rows] == [1, 2, 5, 3, 10, 14]
    assert rows[0]['gain'] == 0


def test_mirrored_views_help_a_one_sided_model(stand_in, bright):
    "The model is unsure and wrong where the left is brighter, sure and right where the right is"
    wrong = 0.6 * np.eye(7)[3] + 0.4 * np.eye(7)[4]
    right = 0.1 * np.eye(7)[3] + 0.9 * np.eye(7)[4]

    def one_sided(faces):
        left_is_brighter = faces[:, :, :24].mean((1, 2, 3)) > faces[:, :, 24:].mean((1, 2, 3))
        return np.where(left_is_brighter[:, None], wrong, right)

    slope = np.tile(np.linspace(200, 50, 48).astype(np.uint8), (18, 48, 1))
    sloped = replace(bright, images=slope, labels=np.full(18, 4, np.uint8))
    rows = tta_table(stand_in(one_sided), sloped, repeats=1)
    gains = {row['views']: row['gain'] for row in rows}
    assert gains == {'none': 0, 'flip': 1, 'shifts': 0, 'scales': 0, 'crops': 1, 'all': 1}


def test_times_are_measured_again_and_the_rest_stays(by_light, bright):
    rows = [dict(row, ms_per_face=None) for row in tta_table(by_light, bright, repeats=1)]
    again = time_views(by_light, rows, repeats=1)
    assert all(row['ms_per_face'] > 0 for row in again)
    assert [row['accuracy'] for row in again] == [row['accuracy'] for row in rows]


def test_a_scene_holds_the_face_as_it_is(face):
    image, box = scene(face, 64)
    assert image.shape == (240, 320, 3)
    enlarged = cv2.resize(face, (64, 64), interpolation=cv2.INTER_CUBIC)
    assert (crop_face(image, box)[..., 0] == enlarged).all()


def test_boxes_apart_have_no_overlap():
    assert overlap((0, 0, 9, 9), (20, 0, 9, 9)) == 0
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == 50 / 150


class Detector:
    "Finds the same faces in every image"

    def __init__(self, name, faces):
        self.name = name
        self.faces = faces

    def __call__(self, image):
        return self.faces


def test_a_detector_that_finds_the_face_costs_nothing(model, noise):
    _, box = scene(noise.images[0], 64, 0)
    row = end_to_end(model, noise[:1], [Detector('always', [Face(box, 1.0)])], sizes=(64,))[0]
    assert row['detector'] == 'always'
    assert row['found'] == 1.0
    assert row['accuracy'] == row['ready_crops']


def test_a_face_that_is_missed_is_wrong(model, noise):
    row = end_to_end(model, noise[:3], [Detector('never', [])], sizes=(48,))[0]
    row.pop('ready_crops')
    assert row == {
        'detector': 'never',
        'size': 48,
        'n': 3,
        'found': 0.0,
        'accuracy': 0.0,
        'accuracy_found': None,
    }


def test_what_fails_says_why_and_the_others_go_on(stand_in, noise):
    broken = stand_in(lambda faces: np.full((len(faces), 7), np.nan))
    result = full_figures(broken, noise[[6, 7, 12, 13]], 'test', 'validation')
    assert result['split'] == 'test'
    assert result['worse_split'] == 'validation'
    assert 'gave NaN' in result['tta']['error']
    assert 'gave NaN' in result['robustness']['error']


def test_worse_pictures_are_of_their_own_split(by_light, bright):
    "Right on both faces of validation, on one of the three of test"
    parts = replace(bright[:5], split=np.uint8([1, 1, 2, 2, 2]), labels=np.uint8([3, 3, 3, 4, 4]))
    result = full_figures(by_light, parts, 'test', 'validation')
    assert result['robustness'][0]['n'] == 2
    assert result['robustness'][0]['accuracy'] == 1.0
    assert result['end_to_end'][0]['n'] == 2
    assert result['tta'][0]['accuracy'] == 0.3333
