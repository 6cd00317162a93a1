"Photos that come in parts, what is refused with a code, previews and heat maps"

import io

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from fer_nb.app.photos import Parts, PhotoWidget, encode, face_heat
from fer_nb.app.widgets import catalog
from fer_nb.core.errors import FerError
from fer_nb.inference.recognize import Recognizer


def as_file(image, kind='JPEG'):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


def size_of(data):
    return Image.open(io.BytesIO(data)).size


@pytest.fixture(scope='module')
def recognizer():
    return Recognizer.load('mini_xception', detector='haar')


@pytest.fixture(scope='module')
def photo():
    return as_file(astronaut())


@pytest.fixture
def page(recognizer):
    return Page(PhotoWidget(recognizer))


class Page:
    "Asks a widget as a browser does, and returns its reply and the buffers"

    def __init__(self, widget):
        self.widget = widget
        self.sent = []
        widget.send = lambda content, buffers=None: self.sent.append((content, buffers))

    def ask(self, kind, *buffers, **content):
        self.widget._receive(None, {'kind': kind, 'id': 1, **content}, list(buffers))
        return self.sent[-1] if self.sent else None

    def photo(self, data, name='a.jpg', last=True, **content):
        return self.ask('photo', data, name=name, last=last, **content)

    def error(self, reply):
        "The reply's error, after a look whether the page says it in the same words"
        answer = reply[0]
        words = catalog('en')[f"error.{answer['code']}"]
        assert words.format(**answer['facts']) == answer['error']
        return answer


# -- parts


def test_a_file_over_the_limit_is_refused_and_forgotten():
    parts = Parts(10)
    with pytest.raises(FerError, match='a.jpg is over 0 MB'):
        parts.add(2, b'x' * 11, False, 'a.jpg')
    assert parts.open == {}


def test_a_ninth_file_waits_until_one_is_whole():
    parts = Parts(10)
    for key in range(8):
        parts.add(key, b'x', False, 'a.jpg')
    with pytest.raises(FerError, match='8 files are still on their way'):
        parts.add(8, b'x', False, 'a.jpg')
    assert len(parts.open) == 8
    assert parts.add(7, b'y', True, 'a.jpg') == b'xy'
    assert parts.add(8, b'x', True, 'a.jpg') == b'x'


def test_a_photo_in_parts_is_answered_when_it_is_whole_and_forgotten(page, photo):
    assert page.photo(photo[:5000], last=False, photo='p1') == ({'id': 1, 'kind': 'photo'}, None)
    reply, buffers = page.photo(photo[5000:], photo='p1')
    assert (reply['width'], reply['faces'][0]['label'], buffers) == (512, 'happy', None)
    assert page.widget.parts.open == {}


def test_forget_drops_the_parts_of_a_photo(page, photo):
    page.photo(photo[:99], last=False, photo='p2')
    page.ask('forget', photo='p2')
    assert page.widget.parts.open == {}


# -- what is refused


def test_a_large_file_is_refused_with_its_first_parts(page):
    page.widget.parts.limit = 10_000_000
    answer = page.error(page.photo(bytes(10_000_001), 'big.jpg', last=False))
    assert answer['error'] == 'big.jpg is over 10 MB; make it smaller first'
    assert page.widget.parts.open == {}


def test_a_ninth_photo_has_a_code(page, photo):
    for n in range(9):
        reply = page.photo(photo[:9], last=False, photo=f'w{n}')
    assert page.error(reply)['code'] == 'waits'


def test_a_small_file_with_a_huge_image_is_refused_before_it_is_decoded(page, photo):
    page.widget.max_pixels = 200_000
    heat = {'label': 'happy', 'box': [1, 2, 3, 4]}
    replies = {'a.jpg': page.photo(photo), 'the face': page.ask('heat', photo, **heat)}
    for name, reply in replies.items():
        answer = page.error(reply)
        assert answer['code'] == 'too-many-pixels'
        assert answer['error'] == (
            f'{name} is 512×512 pixels; at most 16384 on a side and 0.2 million in all: '
            'make it smaller first'
        )


def test_a_file_that_is_no_picture_has_a_code(page):
    assert page.error(page.photo(b'no picture', 'notes.txt'))['code'] == 'not-a-picture'


def test_a_damaged_photo_has_a_code(page):
    half = as_file(astronaut()[:300, :300])[:3000]
    assert page.error(page.photo(half))['code'] == 'damaged'


def test_a_heat_map_for_a_label_that_is_gone_has_a_code(page, photo):
    reply = page.ask('heat', photo, label='contempt', box=[1, 2, 3, 4])
    answer = page.error(reply)
    assert answer['code'] == 'model-changed'
    assert 'the model was changed' in answer['error']


def test_a_message_without_a_box_has_the_code_of_what_nobody_foresaw(page):
    small = as_file(astronaut()[:300, :300])
    assert page.error(page.ask('heat', small, label='happy'))['code'] == 'unforeseen'


# -- pictures


def test_the_sample_is_sent_and_answered(page):
    reply, buffers = page.ask('sample')
    assert (reply['kind'], reply['faces'][0]['label']) == ('sample', 'happy')
    assert buffers[0].startswith(b'\xff\xd8')


def test_a_picture_that_browsers_cannot_show_comes_back_as_one_they_can(page):
    _, buffers = page.photo(as_file(astronaut(), 'TIFF'), 'a.tif', preview=True)
    assert size_of(buffers[0]) == (512, 512)


def test_a_large_picture_is_made_smaller():
    assert size_of(encode(np.zeros((2000, 1000, 3), np.uint8))) == (800, 1600)


def test_a_heat_map_has_colors_on_the_gray_face(recognizer):
    found = recognizer(astronaut())[0]
    warm = face_heat(recognizer, astronaut(), found.box, found.landmarks, 'happy')
    assert (warm.shape, warm.dtype) == ((240, 240, 3), np.dtype('uint8'))
    assert np.ptp(warm[..., 0].astype(int) - warm[..., 2]) > 40


def test_a_heat_map_is_sent_as_a_picture(page, photo, recognizer):
    box = list(recognizer(astronaut())[0].box)
    _, buffers = page.ask('heat', photo, label='happy', box=box, landmarks=None)
    assert size_of(buffers[0]) == (240, 240)


def test_no_picture_is_in_the_state(page, photo):
    page.photo(photo)
    kept = page.widget.get_state().values()
    assert not any(isinstance(value, (bytes, memoryview, np.ndarray)) for value in kept)
