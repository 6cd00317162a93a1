"Pictures that the endpoint takes by any name, and those it refuses before it decodes them"

import io

import pytest
from PIL import Image
from skimage.data import astronaut

pytest.importorskip('fastapi', reason='the extra fer_nb[serve] is not installed')
from starlette.testclient import TestClient

from fer_nb import serve
from fer_nb.core.image_limits import MEMORY, count_scans
from fer_nb.serve import IMAGE_TYPES, ServeSettings, create_app, machine_memory, picture_memory


def encoded(im, fmt, **options):
    buf = io.BytesIO()
    im.save(buf, fmt, **options)
    return buf.getvalue()


SMILE = Image.fromarray(astronaut())


def client(**settings):
    return TestClient(create_app(ServeSettings('mini_xception', 'haar', workers=1, **settings)))


@pytest.fixture(scope='module')
def roomy():
    return client()


def post(client, data, kind='image/jpeg'):
    return client.post('/predict', content=data, headers={'content-type': kind})


@pytest.mark.parametrize(
    'kind, fmt',
    [
        ('image/jpg', 'JPEG'),
        ('image/pjpeg', 'JPEG'),
        ('IMAGE/JPG; charset=binary', 'JPEG'),
        ('image/x-png', 'PNG'),
        ('image/x-ms-bmp', 'BMP'),
        ('image/x-bmp', 'BMP'),
        ('image/tif', 'TIFF'),
        ('image/*', 'PNG'),
        ('binary/octet-stream', 'WEBP'),
    ],
)
def test_misnomers_of_picture_types_are_taken(roomy, kind, fmt):
    answer = post(roomy, encoded(SMILE, fmt), kind)
    assert answer.status_code == 200, answer.text
    assert answer.json()[0]['label'] == 'happy'


@pytest.mark.parametrize('kind', ['text/plain', 'image/svg+xml', 'image', 'video/mp4', ''])
def test_other_types_are_refused_with_the_names_to_use(roomy, kind):
    answer = post(roomy, encoded(SMILE, 'JPEG'), kind)
    assert answer.status_code == 415
    assert ', '.join(IMAGE_TYPES) in answer.json()['detail']


def test_a_jpeg_of_hundreds_of_scans_is_refused(roomy):
    data = encoded(SMILE, 'JPEG', progressive=True)
    last = data[data.rindex(b'\xff\xda') : -2]
    bomb = data[:-2] + last * 400 + data[-2:]
    assert count_scans(bomb) > 30
    answer = post(roomy, bomb)
    assert answer.status_code == 422
    assert 'would take very long to read' in answer.json()['detail']


def test_a_small_webp_of_many_pixels_is_refused(roomy):
    bomb = encoded(Image.new('RGB', (6500, 6500)), 'WEBP', lossless=True, method=0, quality=0)
    assert len(bomb) < 100
    answer = post(roomy, bomb, 'image/webp')
    assert answer.status_code == 413
    assert 'MB of memory to read, and 450 are allowed' in answer.json()['detail']


def test_the_memory_of_a_picture_can_be_set():
    small = client(memory=2)
    refused = post(small, encoded(SMILE.resize((800, 800)), 'PNG'), 'image/png')
    assert refused.status_code == 413
    assert 'and 2 are allowed' in refused.json()['detail']
    assert post(small, encoded(SMILE, 'JPEG')).json()[0]['label'] == 'happy'


def test_workers_share_half_of_the_machine():
    shares = [picture_memory(ServeSettings(), workers, 4e9) for workers in (1, 4, 10, 40)]
    assert shares == [MEMORY, MEMORY, 200e6, 50e6]


def test_a_container_counts_before_the_machine(tmp_path):
    limit, unlimited = tmp_path / 'memory.max', tmp_path / 'unlimited'
    limit.write_text('536870912\n')
    unlimited.write_text('max\n')
    assert machine_memory([limit, unlimited]) == 2**29
    whole = machine_memory([unlimited, tmp_path / 'none'])
    assert whole > 2**29


def test_a_system_that_does_not_say_its_memory(monkeypatch):
    monkeypatch.delattr(serve.os, 'sysconf', raising=False)
    assert machine_memory([]) == float('inf')
    assert picture_memory(ServeSettings(), 64, float('inf')) == MEMORY
