"Where heat maps lie, and what they refuse"

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from fer_nb.core.labels import LabelError, get_label_set
from fer_nb.core.preprocess import UPRIGHT, Preprocess, boxes_input
from fer_nb.inference.heatmaps import (
    ExplainError,
    heat_map,
    heat_picture,
    label_ids,
    occlusion_map,
    overlay,
    resize_maps,
    unit,
)
from fer_nb.inference.recognize import Recognition, Recognizer

LABELS = get_label_set('fer2013')


@pytest.fixture(scope='module')
def photo():
    from skimage.data import astronaut

    return astronaut()


@pytest.fixture(scope='module')
def recognizer():
    return Recognizer.load('mini_xception', detector='haar', threads=1)


@pytest.fixture(scope='module')
def model(recognizer):
    return recognizer.model


@pytest.fixture(scope='module')
def face(photo):
    return boxes_input(photo, [(177, 66, 95, 95)])[0]


@pytest.fixture(scope='module')
def heat(model, face):
    return heat_map(model, face, 'happy')


@pytest.fixture
def corner(model):
    "A stand-in for a network that looks at the upper left corner alone, and gives no maps"

    def logits(faces, output=None):
        return np.repeat(faces[:, :12, :12].mean(axis=(1, 2)), 7, axis=1)

    return SimpleNamespace(name='corner', spec=model.spec, logits=logits)


@pytest.fixture
def bright():
    "A face that is bright in the upper left corner"
    face = np.zeros((48, 48, 1), np.float32)
    face[:12, :12] = 255
    return face


def test_maps_are_scaled_one_by_one():
    maps = unit(np.array([[[-1.0, 2], [0, 4]], [[-1, -1], [0, 0]]]))
    assert maps.tolist() == [[[0, 0.5], [0, 1]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize('n', [0, 2])
def test_maps_get_the_size_of_the_faces(n):
    assert resize_maps(np.ones((n, 3, 3)), (48, 40)).shape == (n, 48, 40)


def test_a_map_has_the_size_of_the_face_and_goes_up_to_one(heat):
    assert heat.shape == (48, 48)
    assert heat.min() >= 0
    assert heat.max() == 1


def test_labels_have_to_be_as_many_as_faces(model):
    with pytest.raises(ExplainError, match='2 labels for 3 faces'):
        label_ids(model, ['happy', 'sad'], 3)


def test_occlusion_finds_where_a_network_looks(corner, bright):
    heat = occlusion_map(corner, bright, 'happy')
    assert heat[:12, :12].mean() > 0.5
    assert heat[24:, 24:].max() == 0


def test_without_maps_occlusion_is_the_way_out(corner, bright):
    heat = heat_map(corner, bright, 'happy')
    assert (heat == occlusion_map(corner, bright, 'happy')).all()


def test_maps_that_a_file_lacks_are_refused(corner, bright):
    with pytest.raises(ExplainError, match='gives no class activation maps'):
        heat_map(corner, bright, 'happy', method='cam')


def test_an_unknown_method_is_refused(model, face):
    with pytest.raises(ExplainError, match='choose auto, cam or occlusion'):
        heat_map(model, face, 'happy', method='magic')


def test_an_unknown_label_is_refused(model, face):
    with pytest.raises(LabelError, match='is not in fer2013'):
        heat_map(model, face, 'bored')


# Over an image


def test_nothing_hot_changes_nothing(photo):
    assert (overlay(photo, np.zeros((9, 9))) == photo).all()


def test_a_box_may_reach_over_the_edge(photo, heat):
    over = overlay(photo, heat, (-20, -30, 90, 90))
    assert over.shape == photo.shape
    assert (over[:60, :70] != photo[:60, :70]).any()


def test_a_box_outside_changes_nothing(photo, heat):
    assert (overlay(photo, heat, (900, 900, 10, 10)) == photo).all()


def test_a_gray_image_becomes_a_colored_one(photo, heat):
    assert overlay(photo[..., 0], heat).shape == photo.shape


def test_without_a_face_the_photo_stays(photo):
    nobody = Recognizer.load('mini_xception', lambda image: [])
    assert (heat_picture(nobody, photo) == photo).all()


def test_methods_and_labels_give_different_pictures(recognizer, photo):
    pictures = [
        photo,
        heat_picture(recognizer, photo),
        heat_picture(recognizer, photo, method='occlusion'),
        heat_picture(recognizer, photo, label='fear'),
    ]
    photo_, cam, occlusion, fear = (p[68:163, 173:268].astype(int) for p in pictures)
    for a, b in [(photo_, cam), (photo_, occlusion), (cam, occlusion), (cam, fear)]:
        assert np.abs(a - b).mean() > 2
    for picture in pictures[1:]:  # beside the face it is as it was
        assert (picture[-150:] == photo[-150:]).all()


@pytest.mark.parametrize('angle', [0, 40, 180])
def test_heat_lies_on_a_head_that_was_turned_upright(model, angle):
    "The network looks where a face is bright, which is the left eye"
    rotation = cv2.getRotationMatrix2D((100, 80), angle, 1)
    marks = cv2.transform((UPRIGHT * 80 + (60, 40))[None], rotation)[0]
    eye = marks[1]
    scene = np.zeros((160, 200, 3), np.uint8)
    cv2.circle(scene, tuple(map(int, eye.round())), 6, (120, 120, 120), -1)
    looks_at_bright = SimpleNamespace(
        name='bright',
        spec=replace(model.spec, preprocess=Preprocess(align=True)),
        cams=lambda faces, output=None: np.repeat(faces.transpose(0, 3, 1, 2), 7, axis=1),
    )
    stand_in = SimpleNamespace(model=looks_at_bright, label_set=LABELS)
    box, happy = (60, 40, 80, 80), LABELS.emotion('happy')
    seen = Recognition(box, 1.0, 'happy', 1.0, {'happy': 1.0}, happy, marks)
    changed = np.abs(heat_picture(stand_in, scene, [seen]).astype(int) - scene).sum(axis=2)
    ys, xs = np.nonzero(changed > 60)
    assert len(ys) > 20
    assert np.hypot(xs - eye[0], ys - eye[1]).max() < 16


def test_nothing_heavy_is_imported():
    code = """
import sys
import fer_nb.inference.heatmaps
print([m for m in ('tensorflow', 'keras', 'sklearn', 'pandas') if m in sys.modules])
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'
