"Pictures of all kinds become upright RGB; what is no picture gets one line"

import io
from pathlib import Path

import numpy as np
import pytest
from conftest import TOP
from PIL import Image

from fer_nb.core import heic
from fer_nb.core.heic import is_heic
from fer_nb.core.image_limits import MAX_PIXELS, ImageError, check_size
from fer_nb.core.images import PICTURES, is_hidden, read_image
from fer_nb.core.pixels import to_rgb

HEIC = TOP / 'nbs/images/astronaut.heic'  # as an iPhone writes it: its pixels lie on their side


def encoded(im, fmt='PNG', **options):
    buf = io.BytesIO()
    im.save(buf, fmt, **options)
    return buf.getvalue()


def half_a_jpeg():
    whole = encoded(Image.effect_noise((64, 64), 50), 'JPEG')
    return whole[: len(whole) // 2]


def test_a_heic_is_the_photo_it_was_made_of():
    data = pytest.importorskip('skimage.data', reason='scikit-image is not installed')
    photo = data.astronaut()[:200, 150:330]
    assert np.abs(read_image(HEIC) - photo.astype(float)).mean() < 8


def test_a_heic_that_is_cut_short_is_refused():
    with pytest.raises(ImageError, match='cut short or damaged'):
        read_image(HEIC.read_bytes()[:3000])


def test_a_heic_of_too_many_pixels_is_refused():
    with pytest.raises(ImageError, match='180×200 pixels; at most'):
        read_image(HEIC, most=1000)


def test_a_crash_of_the_library_is_a_damaged_picture(monkeypatch):
    monkeypatch.setattr(heic, '_HEIC', 'import os; os.abort()')
    with pytest.raises(ImageError, match='cut short or damaged'):
        read_image(HEIC)


def test_an_avif_or_nothing_is_no_heic():
    assert not is_heic(b'')
    assert not is_heic(b'\0\0\0\x08ftyp')
    assert not is_heic(encoded(Image.new('L', (9, 9)), 'AVIF'))


def test_an_avif_is_read():
    assert read_image(encoded(Image.new('RGB', (20, 10), 'red'), 'AVIF')).shape == (10, 20, 3)


@pytest.mark.parametrize('turn', range(1, 9))
def test_a_turned_picture_comes_upright(turn):
    stored = np.arange(6, dtype=np.uint8).reshape(2, 3)
    exif = Image.Exif()
    exif[0x112] = turn
    upright = read_image(encoded(Image.fromarray(stored), 'PNG', exif=exif))[..., 0]
    views = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.T,
        6: stored[::-1].T,
        7: stored[::-1, ::-1].T,
        8: stored[:, ::-1].T,
    }
    assert upright.tolist() == views[turn].tolist()


@pytest.mark.parametrize('mode', ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16'])
def test_every_mode_becomes_rgb(mode):
    image = read_image(encoded(Image.new(mode, (6, 5)), 'TIFF' if mode == 'CMYK' else 'PNG'))
    assert image.shape == (5, 6, 3)
    assert image.dtype == np.uint8


@pytest.mark.parametrize(
    ('values', 'fmt', 'right'),
    [
        (np.uint16([[0, 65535]]), 'PNG', [0, 255]),
        (np.float32([[0, 0.5, 1]]), 'TIFF', [0, 128, 255]),
        (np.float32([[0, 51, 255]]), 'TIFF', [0, 51, 255]),
    ],
)
def test_deep_pictures_are_scaled_to_255(values, fmt, right):
    assert read_image(encoded(Image.fromarray(values), fmt))[0, :, 0].tolist() == right


def test_transparent_pictures_lie_on_white():
    assert read_image(encoded(Image.new('RGBA', (2, 2), (0, 0, 0, 0)))).min() == 255


def test_the_first_of_several_pictures_is_read():
    other = Image.new('P', (5, 5), 9)
    gif = encoded(Image.new('P', (5, 5)), 'GIF', save_all=True, append_images=[other])
    assert read_image(gif).shape == (5, 5, 3)


def test_a_damaged_exif_is_no_turn():
    assert to_rgb(Image.new('L', (3, 2))).shape == (2, 3, 3)


@pytest.mark.parametrize(
    ('source', 'why'),
    [
        (half_a_jpeg(), 'cut short or damaged'),
        (Image.open(io.BytesIO(half_a_jpeg())), 'cut short'),
        (encoded(Image.new('L', (20_000, 4))), '20000×4 pixels'),
        (b'', 'not a picture'),
        (b'hello', 'not a picture'),
        (Image.new('La', (4, 4)), 'mode La'),
        ('/no/such.jpg', 'does not exist'),
        ('https://x.org/a.jpg', 'https://x.org/a.jpg is an address; download'),
        (Path('/'), 'is a folder'),
        (3, 'cannot read a picture from int'),
        (np.zeros((4, 4)), 'uint8'),
        (np.zeros((4, 4, 4), np.uint8), '4×4×4'),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_picture_gets_one_line(source, why):
    with pytest.raises(ImageError, match=why) as refused:
        read_image(source)
    assert '\n' not in str(refused.value)


def test_the_limit_of_pixels_is_the_callers():
    why = '30×40 pixels; at most 16384 on a side and 0.001 million'
    with pytest.raises(ImageError, match=why):
        read_image(encoded(Image.new('L', (30, 40))), most=1000)


def test_a_size_at_the_limit_is_taken():
    check_size(16_000, 8_000, 'a photo')


def test_who_imports_this_keeps_a_limit_in_pillow():
    assert Image.MAX_IMAGE_PIXELS >= MAX_PIXELS


def test_what_pillow_refuses_gets_our_line(monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 500)
    with pytest.raises(ImageError, match='has far too many pixels'):
        read_image(encoded(Image.new('L', (30, 40))))


def test_endings_are_in_lower_case():
    assert '.heic' in PICTURES
    assert all(ending == ending.lower() for ending in PICTURES)
    assert is_hidden('._photo.jpg')
