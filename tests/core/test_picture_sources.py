"A picture comes as a path, through a pipe, as an address of a file, or as base64 text"

import base64
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_nb.core import images
from fer_nb.core.image_limits import ImageError
from fer_nb.core.images import local_path, read_image

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
SHOW = 'import sys; from fer_nb.core.images import read_image; print(read_image(sys.argv[1]).sum())'

needs_pipes = pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='this system has no named pipes')


def encoded(fmt='PNG'):
    buf = io.BytesIO()
    Image.fromarray(IMAGE).save(buf, fmt)
    return buf.getvalue()


PNG = encoded()
TEXT = base64.b64encode(PNG).decode()


@needs_pipes
@pytest.mark.parametrize('fmt', ['PNG', 'TIFF', 'JPEG'])
@pytest.mark.parametrize('name', ['/dev/stdin', '/dev/fd/0'])
def test_standard_input_is_read(name, fmt):
    command = [sys.executable, '-c', SHOW, name]
    done = subprocess.run(command, input=encoded(fmt), capture_output=True, check=True)
    assert int(done.stdout) == read_image(encoded(fmt)).sum()


@needs_pipes
def test_process_substitution_is_read():
    reading, writing = os.pipe()
    os.write(writing, PNG)
    os.close(writing)
    command = [sys.executable, '-c', SHOW, f'/dev/fd/{reading}']
    done = subprocess.run(command, pass_fds=[reading], capture_output=True, check=True)
    os.close(reading)
    assert int(done.stdout) == IMAGE.sum()


@needs_pipes
def test_a_named_pipe_is_read(tmp_path):
    pipe = tmp_path / 'pipe.png'
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[PNG])
    writer.start()
    assert np.array_equal(read_image(pipe), IMAGE)
    writer.join()


@needs_pipes
def test_a_pipe_into_which_nobody_writes_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(images, 'PIPE_SECONDS', 0.01)
    os.mkfifo(tmp_path / 'pipe.png')
    with pytest.raises(ImageError, match='is a pipe into which nobody writes; save the picture'):
        read_image(tmp_path / 'pipe.png')


@needs_pipes
def test_an_empty_pipe_is_said():
    reading, writing = os.pipe()
    os.close(writing)
    with pytest.raises(ImageError, match='is a pipe that gave nothing'):
        read_image(f'/dev/fd/{reading}')
    os.close(reading)


@pytest.mark.parametrize(
    'text',
    [
        TEXT,
        f'data:image/png;base64,{TEXT}',
        f'DATA:image/png;charset=x;BASE64,{TEXT}',
        'data:image/png;base64,' + TEXT.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D'),
        TEXT.rstrip('='),
        TEXT.replace('+', '-').replace('/', '_'),
        '\n'.join(TEXT[i : i + 76] for i in range(0, len(TEXT), 76)) + '\n',
    ],
    ids=['bare', 'url', 'capitals', 'percent', 'no padding', 'url alphabet', 'lines'],
)
def test_base64_is_decoded(text):
    assert np.array_equal(read_image(text), IMAGE)


@pytest.mark.parametrize(
    'text',
    [
        'data:image/png;base64,' + TEXT[:800],
        'data:image/png;base64,?' + 'A' * 1_000_000,
        'A' * 1_000_000,
        'data:image/png,hello',
        'no picture, but a text ' * 100_000,
    ],
)
def test_text_that_is_no_picture_is_cut_in_the_message(text):
    with pytest.raises(ImageError) as e:
        read_image(text)
    assert len(str(e.value)) < 180
    assert '\n' not in str(e.value)


def test_a_file_comes_before_what_its_name_could_mean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = 'A' * 100
    Path(name).write_bytes(PNG)
    assert np.array_equal(read_image(name), IMAGE)


@pytest.mark.parametrize('form', ['file://{}', 'file://localhost{}', 'FILE://{}', 'file:{}'])
def test_the_address_of_a_file_is_its_path(tmp_path, form):
    path = tmp_path / 'a photo é.png'
    path.write_bytes(PNG)
    address = form.format(path.as_uri()[len('file://') :])
    assert local_path(address) == str(path)
    assert np.array_equal(read_image(address), IMAGE)


def test_an_address_of_a_file_that_has_been_a_path_too(tmp_path):
    (tmp_path / 'a.png').write_bytes(PNG)
    assert np.array_equal(read_image(Path(f'file://{tmp_path}/a.png')), IMAGE)


def test_what_is_no_address_of_a_file_stays():
    for text in (
        'a.png',
        '/a b/%20.png',
        'files/a.png',
        'https://x.org/a.png',
        'file',
        'file:a.png',
    ):
        assert local_path(text) == text


def test_an_address_keeps_its_slashes_in_the_message():
    for address in ('https://x.org/a/b.jpg', Path('https://x.org/a/b.jpg')):
        with pytest.raises(ImageError, match='^https://x.org/a/b.jpg is an address; download'):
            read_image(address)
