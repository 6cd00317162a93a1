"""What one picture may take: memory is measured in a child, scans and parts are counted.

No test here measures a time: what takes long is refused by a count that stands in the file.
"""

import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_nb.core.image_limits import MAX_SCANS, MEMORY, ImageError, TooLarge
from fer_nb.core.image_limits import how_much_smaller, count_scans
from fer_nb.core.images import read_image

WIDTH, HEIGHT = 3600, 2800
BUDGET = 120_000_000  # bytes; 12 a pixel of the pictures below
SPARE = 40_000_000  # for what does not grow with the picture: strips, codecs, the modules they load

# A lossless WebP of 50 megapixels, all of one color
WEBP_BOMB = bytes.fromhex('524946461a000000574542505650384c0e0000002f9e9be706071011fd0f4444ff03')

CHILD = """
import json, re, sys
from fer_nb.core.errors import FerError
from fer_nb.core.images import read_image

def peak(): # bytes; ru_maxrss would begin with what the parent had when it started us
    status = open('/proc/self/status').read()
    return 1024*int(re.search(r'VmHWM:\\s+(\\d+)', status)[1])

path, memory = sys.argv[1], float(sys.argv[2])
before = peak()
try:
    said, shape = '', read_image(path, memory=memory).shape
except FerError as e:
    said, shape = str(e), None
print(json.dumps({'took': peak() - before, 'said': said, 'shape': shape}))
"""

needs_proc = pytest.mark.skipif(
    not Path('/proc/self/status').exists(), reason='only Linux tells a process its peak of memory'
)


def encoded(im, fmt, **options):
    buf = io.BytesIO()
    im.save(buf, fmt, **options)
    return buf.getvalue()


def smooth(mode='RGB', size=(WIDTH, HEIGHT)):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (40, 50, 4), np.uint8)
    return Image.fromarray(small, 'RGBA').resize(size, Image.BILINEAR).convert(mode)


def exif(turn):
    tags = Image.Exif()
    tags[0x112] = turn
    return tags


def read_in_child(path, memory=BUDGET):
    command = [sys.executable, '-c', CHILD, str(path), str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


PICTURES = {
    'jpeg': lambda: encoded(smooth(), 'JPEG'),
    'jpeg-turned': lambda: encoded(smooth(), 'JPEG', exif=exif(6)),
    'jpeg-progressive': lambda: encoded(smooth(), 'JPEG', progressive=True, subsampling=0),
    'jpeg-cmyk': lambda: encoded(smooth('CMYK'), 'JPEG'),
    'png-one-bit': lambda: encoded(smooth('1'), 'PNG'),
    'png-palette-transparent': lambda: encoded(smooth('P'), 'PNG', transparency=0),
    'png-transparent': lambda: encoded(smooth('RGBA'), 'PNG', compress_level=1),
    'png-deep': lambda: encoded(Image.new('I;16', (WIDTH, HEIGHT)), 'PNG'),
    'gif-transparent': lambda: encoded(smooth('P'), 'GIF', transparency=0),
    'tiff-one-strip': lambda: encoded(
        smooth('RGBA'), 'TIFF', compression='tiff_adobe_deflate', tiffinfo={278: HEIGHT}
    ),
    'tiff-fractions': lambda: encoded(
        Image.new('F', (WIDTH, HEIGHT)), 'TIFF', compression='tiff_lzw'
    ),
    'webp': lambda: encoded(smooth('RGBA'), 'WEBP', method=0),
    'avif': lambda: encoded(smooth('RGBA'), 'AVIF', speed=10, subsampling='4:4:4'),
}


@needs_proc
@pytest.mark.parametrize('kind', PICTURES)
def test_a_picture_that_is_read_stays_in_its_budget(tmp_path, kind):
    path = tmp_path / 'picture'
    path.write_bytes(PICTURES[kind]())
    done = read_in_child(path)
    assert done['took'] < BUDGET + SPARE, done
    assert done['shape'] or 'MB of memory' in done['said']


@needs_proc
@pytest.mark.parametrize('kind', ['jpeg', 'png-transparent', 'webp', 'avif'])
def test_a_picture_over_its_budget_is_refused_before_it_is_decoded(tmp_path, kind):
    path = tmp_path / 'picture'
    path.write_bytes(PICTURES[kind]())
    done = read_in_child(path, 20e6)
    assert done['took'] < SPARE, done
    assert 'MB of memory to read, and 20 are allowed' in done['said']


@needs_proc
def test_a_webp_of_a_few_bytes_and_fifty_megapixels(tmp_path):
    (tmp_path / 'bomb.webp').write_bytes(WEBP_BOMB)
    done = read_in_child(tmp_path / 'bomb.webp', MEMORY)
    assert done['took'] < SPARE, done
    assert '7071×7071 pixels) would take' in done['said']


def test_a_jpeg_too_large_for_its_budget_is_decoded_smaller_and_keeps_its_size():
    image = smooth()
    data = encoded(image, 'JPEG', quality=95)
    whole, frugal = read_image(data), read_image(data, memory=5 * WIDTH * HEIGHT)
    assert frugal.shape == whole.shape
    assert np.abs(frugal.astype(int) - whole).mean() < 2
    assert (frugal != whole).any()


def test_a_turned_jpeg_that_is_decoded_smaller_is_upright_too():
    data = encoded(smooth(size=(801, 403)), 'JPEG', exif=exif(8), quality=95)
    whole, frugal = read_image(data), read_image(data, memory=5 * 801 * 403)
    assert frugal.shape == whole.shape == (801, 403, 3)
    assert np.abs(frugal.astype(int) - whole).mean() < 8


def with_scans(scans):
    "A progressive JPEG whose last scan is repeated"
    data = encoded(Image.new('L', (64, 64)), 'JPEG', progressive=True)
    last = data[data.rindex(b'\xff\xda') : -2]
    return data[:-2] + last * (scans - count_scans(data)) + data[-2:]


@pytest.mark.parametrize('scans', [MAX_SCANS + 1, 100, 400])
def test_repeated_scans_are_refused_before_any_is_decoded(scans, monkeypatch):
    def decoded(*a, **k):
        raise AssertionError('it was opened')

    monkeypatch.setattr(Image, 'open', decoded)
    with pytest.raises(ImageError, match='which would take very long to read'):
        read_image(with_scans(scans))


def test_as_many_scans_as_are_allowed_are_read():
    assert read_image(with_scans(MAX_SCANS)).shape == (64, 64, 3)


def test_a_jpeg_of_nothing_but_parts_is_refused():
    data = encoded(Image.new('L', (8, 8)), 'JPEG')
    with pytest.raises(ImageError, match='or 5000 parts'):
        read_image(data[:2] + b'\xff\xfe\0\2' * 6000 + data[2:])


@pytest.mark.parametrize('behind', [b'', b'\xff\xda' * 100, bytes(range(256)) * 50])
def test_what_stands_in_notes_or_behind_the_end_is_no_scan(behind):
    "A phone's moving picture lies behind the photo, and its small preview in a note before it"
    thumbnail = b'\xff\xda' * 200
    note = b'\xff\xe5' + (len(thumbnail) + 2).to_bytes(2, 'big') + thumbnail
    data = encoded(smooth(size=(64, 48)), 'JPEG')
    data = data[:2] + note + data[2:] + behind
    assert count_scans(data) == 1
    assert read_image(data).shape == (48, 64, 3)


def test_a_tile_larger_than_its_picture_counts():
    tiff = Image.open(io.BytesIO(encoded(Image.new('L', (64, 64)), 'TIFF')))
    tiff.tag_v2[322] = tiff.tag_v2[323] = 60_000
    with pytest.raises(TooLarge, match='MB of memory'):
        how_much_smaller(tiff, 0, 'a.tif', MEMORY)


def packed_bmp(side):
    "A BMP whose rows are one run of a pixel each"
    rows = b'\1\0\0\0' * side + b'\0\1'
    start = 14 + 40 + 1024
    about = struct.pack('<IiiHHIIiiII', 40, side, side, 1, 8, 1, len(rows), 0, 0, 256, 0)
    return b'BM' + struct.pack('<IHHI', start + len(rows), 0, 0, start) + about + bytes(1024) + rows


def test_a_large_packed_bmp_is_refused_before_it_is_decoded():
    assert read_image(packed_bmp(64)).shape == (64, 64, 3)
    with pytest.raises(TooLarge, match='7000×7000 pixels; at most 16384 on a side and 4 million'):
        read_image(packed_bmp(7000))
