"Frames of a webcam: numbers that stay, frames of several sizes, and frames that are none"

import io

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from fer_nb.app.live import LiveWidget, full_size
from fer_nb.inference.recognize import Recognizer


def jpeg(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, 'JPEG')
    return file.getvalue()


def two_faces():
    "The astronaut, and her face once more at the lower right"
    image = astronaut()
    face = image[30:200, 140:310].copy()
    image[330:] = 0
    image[330:500, 300:470] = face
    return image


class Camera:
    "Sends pictures to a widget, and keeps its replies"

    def __init__(self):
        self.widget = LiveWidget(Recognizer.load('mini_xception', detector='haar'))
        self.replies = []
        self.widget.send = lambda content, buffers=None: self.replies.append(content)
        self.count = 0

    def send(self, image, **more):
        return self.send_bytes(jpeg(image), **more)

    def send_bytes(self, data, **more):
        content = {'kind': 'frame', 'id': self.count, 'time': self.count / 10, **more}
        self.count += 1
        self.widget._receive(None, content, [memoryview(data)])
        return self.replies[-1]


def boxes(reply):
    return {face['number']: face['box'] for face in reply['faces']}


def near(a, b):
    return max(abs(p - q) for p, q in zip(a, b)) < 12


@pytest.fixture
def camera():
    return Camera()


@pytest.fixture
def seen_both(camera):
    "A camera that has seen two faces, and its last reply"
    for image in (astronaut(), astronaut(), two_faces(), two_faces()):
        reply = camera.send(image)
    assert len(reply['faces']) == 2
    return camera, boxes(reply)


def test_frames_for_haar_are_narrower(camera):
    assert camera.widget.frame_width == 400


def test_a_face_that_moves_keeps_its_number(camera):
    replies = [camera.send(np.roll(astronaut(), move, axis=1)) for move in (0, 20, 40)]
    faces = [reply['faces'][0] for reply in replies]
    assert [reply['id'] for reply in replies] == [0, 1, 2]
    assert [(face['number'], face['label']) for face in faces] == [(1, 'happy')] * 3
    assert faces[2]['box'][0] > faces[0]['box'][0] + 20


def test_a_face_seen_once_may_be_a_false_alarm_and_twice_it_is_a_face(camera):
    one, two = astronaut(), two_faces()
    images = (one, one, one, two, one, one, one, two, two)
    replies = [camera.send(image) for image in images]
    assert [len(reply['faces']) for reply in replies] == [1] * 8 + [2]


def test_a_face_that_stays_alone_keeps_its_number(seen_both):
    camera, both = seen_both
    lower_half = two_faces()
    lower_half[:330] = 0
    ((number, box),) = boxes(camera.send(lower_half)).items()
    assert number != 1
    assert near(box, both[number])


def test_boxes_stay_in_camera_pixels_when_frames_get_smaller(seen_both):
    camera, both = seen_both
    for side in (512, 410, 328):
        small = np.asarray(Image.fromarray(two_faces()).resize((side, side)))
        reply = camera.send(small, width=512)
        assert reply['width'] == 512
        assert all(near(box, both[number]) for number, box in boxes(reply).items())


@pytest.mark.parametrize('width', [None, 'x', 5, 10**9, True])
def test_a_width_that_cannot_be_is_the_frame_s_own(width):
    assert full_size(np.zeros((328, 328, 3)), width) == (328, 328)


def test_a_width_that_can_be_is_the_camera_s():
    assert full_size(np.zeros((328, 328, 3)), 656) == (656, 656)


def test_begin_forgets_who_was_seen_and_is_not_answered(camera):
    camera.send(astronaut())
    camera.widget._receive(None, {'kind': 'begin'}, [])
    assert camera.widget.stream.tracker.tracks == []
    assert len(camera.replies) == 1


def test_a_frame_without_a_picture_is_not_answered(camera):
    camera.widget._receive(None, {'kind': 'frame', 'id': 9}, [])
    assert camera.replies == []


def test_a_frame_that_is_no_picture_is_said_in_one_line(camera):
    reply = camera.send_bytes(b'no frame')
    assert reply['id'] == 0
    assert 'not a picture' in reply['error']


def test_a_frame_without_a_face_has_no_faces(camera):
    assert camera.send(np.zeros((90, 120, 3), np.uint8))['faces'] == []


def test_a_fault_of_ours_is_one_line_too(camera):
    camera.widget.session.recognizer = None
    error = camera.send(astronaut())['error']
    assert 'TypeError' in error
    assert 'Traceback' not in error


def test_no_picture_is_in_the_state(camera):
    camera.send(astronaut())
    kept = camera.widget.get_state().values()
    assert not any(isinstance(value, (bytes, memoryview, np.ndarray)) for value in kept)
