"Pictures as they come out of broken downloads: a picture, or one line that says what to do"

import io
import warnings

import numpy as np
import pytest
from conftest import TOP
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from fer_nb.core.errors import FerError
from fer_nb.core.images import read_image

GRAY = np.random.default_rng(0).integers(0, 256, (96, 96), np.uint8)
FORMATS = ['JPEG', 'PROGRESSIVE', 'PNG', 'WEBP', 'GIF', 'BMP', 'TIFF', 'AVIF', 'HEIC']
RELAXED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def encoded(fmt):
    if fmt == 'HEIC':  # there is no writer here
        return (TOP / 'nbs/images/astronaut.heic').read_bytes()
    buf = io.BytesIO()
    options = {'progressive': True} if fmt == 'PROGRESSIVE' else {}
    Image.fromarray(GRAY).save(buf, 'JPEG' if options else fmt, **options)
    return buf.getvalue()


def repeated_scans():
    "A progressive JPEG with a hundred scans more"
    data = encoded('PROGRESSIVE')
    last = data[data.rindex(b'\xff\xda') : -2]
    return data[:-2] + last * 100 + data[-2:]


# A lossless WebP of 50 megapixels, all of one color
WEBP_BOMB = bytes.fromhex('524946461a000000574542505650384c0e0000002f9e9be706071011fd0f4444ff03')


def picture_or_one_line(data):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            image = read_image(data)
        except FerError as e:
            assert '\n' not in str(e)
            return str(e)
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.dtype == np.uint8
    assert image.size


@RELAXED
@given(
    cut=st.floats(0, 1),
    noise=st.binary(max_size=30),
    at=st.floats(0, 1),
    fmt=st.sampled_from(FORMATS),
)
def test_mangled_picture(cut, noise, at, fmt):
    data = bytearray(encoded(fmt))
    i = int(at * len(data))
    data[i : i + len(noise)] = noise
    picture_or_one_line(bytes(data[: max(1, int(len(data) * (0.2 + cut)))]))


@pytest.mark.parametrize(
    'data, why',
    [
        (repeated_scans(), 'very long to read'),
        (WEBP_BOMB, 'MB of memory to read'),
    ],
    ids=['scans', 'webp'],
)
def test_small_files_that_would_take_much(data, why):
    assert why in picture_or_one_line(data)
