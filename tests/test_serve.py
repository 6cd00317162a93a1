"The endpoint as its clients meet it: hostile requests, 64 clients at once, and schemathesis"

import io
import os
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
import httpx
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image
from skimage.data import astronaut


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def is_up(url):
    "Whether it answers; where nobody listens yet, only after a short while"
    try:
        httpx.get(url + '/healthz', timeout=60).raise_for_status()
    except httpx.TransportError:
        time.sleep(0.1)
        return False
    return True


def encoded(image, fmt='JPEG'):
    buf = io.BytesIO()
    Image.fromarray(image).save(buf, fmt)
    return buf.getvalue()


SMILE = encoded(astronaut())
JPEG = {'content-type': 'image/jpeg'}


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    "fer-nb serve on a port of its own, with small limits; its log must stay free of what was sent"
    port, log = free_port(), tmp_path_factory.mktemp('serve') / 'log'
    env = {**os.environ, 'FER_NB_SERVE_SECONDS': '1.5', 'FER_NB_SERVE_MEGAPIXELS': '4'}
    with open(log, 'w') as f:
        server = subprocess.Popen(
            [
                'fer-nb',
                'serve',
                '--port',
                str(port),
                '-m',
                'mini_xception',
                '-d',
                'haar',
                '--megabytes',
                '3',
                '--requests',
                '8',
            ],
            stdout=f,
            stderr=f,
            env=env,
            start_new_session=True,
        )
    server.url, server.port = f'http://127.0.0.1:{port}', port
    while not is_up(server.url):
        if server.poll() is not None:
            pytest.fail(f'the server ended: {log.read_text()}')
    yield server
    server.terminate()
    server.wait()  # a hang is pytest's to end
    said = log.read_text()
    assert len(said.splitlines()) == 1 and said.startswith('POST pictures to'), said[-3000:]


def post(server, data, kind='image/jpeg', **headers):
    return httpx.post(
        server.url + '/predict',
        content=data,
        headers={'content-type': kind, **headers},
        timeout=300,
    )


def test_the_answer_is_the_command_lines(server, tmp_path):
    import json

    (tmp_path / 'smile.jpg').write_bytes(SMILE)
    said = subprocess.run(
        ['fer-nb', 'predict', 'smile.jpg', '--json', '-m', 'mini_xception', '-d', 'haar'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert httpx.post(
        server.url + '/predict', files={'file': ('smile.jpg', SMILE)}
    ).json() == json.loads(said)


@pytest.mark.parametrize(
    'status, data, kind',
    [
        (413, b'x' * 9_000_000, 'image/jpeg'),
        (413, encoded(np.zeros((3000, 2000, 3), np.uint8)), 'image/jpeg'),
        (415, b'x' * 2_000_000, 'text/plain'),
        (422, b'hello', 'image/jpeg'),
        (422, SMILE[:9000], 'image/png'),
        (422, b'no form', 'multipart/form-data; boundary=b'),
    ],
)
def test_refusals_arrive_with_a_reason(server, status, data, kind):
    for _ in range(5):  # also when the server answers before it was sent everything
        answer = post(server, data, kind)
        assert (answer.status_code, list(answer.json())) == (
            status,
            ['detail'],
        ) and '\n' not in answer.json()['detail']


def raw(server, data):  # what comes back for these bytes
    with socket.create_connection(('127.0.0.1', server.port), timeout=300) as s:
        s.sendall(data)
        answer = b''
        while piece := s.recv(65536):
            answer += piece
        return answer


def test_a_body_that_never_comes_is_given_up(server):
    head = (
        b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n'
        b'Connection: close\r\nContent-Length: 1000\r\n\r\n'
    )
    assert raw(server, head + b'x' * 10).startswith(b'HTTP/1.1 408')


def test_a_client_that_leaves_in_the_middle_harms_nobody(server):
    for _ in range(20):
        with socket.create_connection(('127.0.0.1', server.port)) as s:
            s.sendall(
                b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n'
                b'Content-Length: 1000000\r\n\r\n' + b'x' * 5000
            )
    while (
        status := post(server, SMILE).status_code
    ) == 429:  # until the server has seen that they are gone
        pass
    assert status == 200


def test_a_body_without_a_length_is_counted(server):
    def pieces():
        for _ in range(80):
            yield b'x' * 100_000

    assert post(server, pieces()).status_code == 413


def test_64_clients_at_once(server):
    "No answer but 200 and 429, who comes again is served, and a second round takes no more memory"
    face, served = encoded(astronaut()[30:230, 120:320]), threading.Condition()

    def client(wanted):
        seen = Counter()
        with httpx.Client(timeout=300) as http:
            while seen[200] < wanted:
                answer = http.post(server.url + '/predict', content=face, headers=JPEG)
                seen[answer.status_code] += 1
                if answer.status_code == 429:
                    assert answer.headers['retry-after'] == '1'
                    with served:
                        served.wait(1)  # until somebody else has got an answer
                elif answer.status_code != 200 or answer.json()[0]['label'] != 'happy':
                    break
                else:
                    with served:
                        served.notify(8)
        return seen

    def everybody(wanted):
        with ThreadPoolExecutor(64) as clients:
            return sum(clients.map(client, [wanted] * 64), Counter())

    everybody(1)
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    seen = everybody(3)
    assert set(seen) <= {200, 429} and seen[200] == 64 * 3, seen
    assert process.memory_info().rss - before < 30e6


def test_it_listens_only_to_this_machine(server):
    assert {
        c.laddr.ip for c in psutil.Process(server.pid).net_connections() if c.status == 'LISTEN'
    } == {'127.0.0.1'}


def test_the_documentation_page_reaches_nobody_else(server):
    from get_browser import find_browser

    if not find_browser():
        pytest.skip(
            'NO BROWSER FOUND AND NONE COULD BE INSTALLED: the documentation page was not tested'
        )
    from playwright.sync_api import sync_playwright
    from test_app import FLAGS, SHOTS

    outside = []
    with sync_playwright() as p:
        page = p.chromium.launch(executable_path=find_browser(), args=FLAGS).new_page(
            viewport={'width': 1280, 'height': 1100}
        )
        page.on(
            'request',
            lambda r: (
                outside.append(r.url)
                if not r.url.startswith((server.url, 'data:', 'blob:'))
                else None
            ),
        )
        page.goto(server.url + '/docs')
        page.get_by_text('Name the expression of every face').click()
        page.get_by_text('Too many requests at once').wait_for()
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / 'serve_docs.png')
    assert outside == []


# --- schemathesis ---------------------------------------------------------------------------------

import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

from fer_nb.serve import ServeSettings, create_app


@pytest.mark.parametrize('path, method', [('/predict', 'POST'), ('/healthz', 'GET')])
def test_fuzzed(path, method):
    """Whatever is sent, the answer is one that the schema promises.

    Random bytes fit the schema and are no picture: 422 is right.
    """
    schema = schemathesis.openapi.from_asgi(
        '/openapi.json',
        create_app(ServeSettings('mini_xception', 'haar', workers=1, megabytes=0.1)),
    )

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy())
    def fuzz(case):
        seen[case.call_and_validate(excluded_checks=[positive_data_acceptance]).status_code] += 1

    seen = Counter()
    fuzz()
    assert sum(seen.values()) > 5 or path == '/healthz'
    print(path, dict(seen))
