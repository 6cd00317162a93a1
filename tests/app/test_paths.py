"What the app's server answers to paths that are not its own, and what its log says of who asked"

import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

KERNEL = '11111111-1111-1111-1111-111111111111'
VISITOR = '203.0.113.7'  # set aside for examples, RFC 5737


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


OPENER = urllib.request.build_opener(Stay)


def ask(url, method='GET'):
    "Status, and the first bytes of the answer"
    headers = {'X-Forwarded-For': VISITOR}
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with OPENER.open(request, timeout=60) as answer:
            return answer.status, answer.read1(99)
    except urllib.error.HTTPError as e:
        return e.code, b''


def wait_for(server, log):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        try:
            return ask(f'{server.url}voila/static/')
        except OSError:
            time.sleep(0.2)
    pytest.fail('the app does not answer')


@pytest.fixture(scope='module', params=['/', '/faces/'], ids=['top', 'under a path'])
def server(request, tmp_path_factory):
    "The app, with no kernel made ready: nothing here needs one"
    port, log = free_port(), tmp_path_factory.mktemp('app') / 'log'
    words = ['--no-browser', '--detector', 'haar', '--ready', '0', '--base-url', request.param]
    with open(log, 'w') as f:
        server = subprocess.Popen(
            ['fer-nb', 'app', '--port', str(port), *words],
            stdout=f,
            stderr=f,
            start_new_session=True,
            env=dict(os.environ),
        )
    server.url = f'http://127.0.0.1:{port}{request.param}'
    try:
        wait_for(server, log)
        yield server
    finally:
        server.terminate()
        server.wait(60)
    said = log.read_text()
    assert 'Traceback' not in said, said[-3000:]
    first, rest = said.split('\n', 1)  # where the app is
    assert first.startswith('The app is at') and '404 GET' in rest
    assert VISITOR not in rest and not re.search(r'\b127\.0\.0\.1\b|::1', rest), rest


@pytest.mark.parametrize('path', [
    'logout', 'login', 'nothing', 'favicon.ico', 'api', 'api/contents', 'voila/tree/',
    'voila/render/', 'voila/render/app.ipynb', 'voila/render/app.ipynb?template=nope',
    'voila/files/app.ipynb', 'voila/files/x.png', 'voila/static/', 'voila/static/none.js',
    'voila/templates/', 'voila/templates/x', 'voila/templates/x/y/z',
    'voila/templates/nope/static/a.js', 'voila/templates/fer_nb/app/static/none.js',
    'voila/templates/..%2f..%2f/static/x', 'voila/api/themes/x', 'voila/labextensions/x',
    f'api/kernels/{KERNEL}', f'voila/execution/{KERNEL}', '%00',
])  # fmt: skip
def test_a_path_that_is_not_the_apps_is_not_found(server, path):
    status = ask(server.url + path)[0]
    assert status == 404 or (status == 403 and path.startswith('voila/static/'))


@pytest.mark.parametrize('method, path', [
    ('POST', 'login'), ('PUT', ''), ('POST', ''), ('DELETE', f'api/kernels/{KERNEL}'),
    ('POST', f'voila/api/shutdown/{KERNEL}'), ('GET', f'voila/api/shutdown/{KERNEL}'),
    ('GET', '%ff'), ('GET', f'voila/query/{KERNEL}'), ('GET', 'voila/static/../../x'),
])  # fmt: skip
def test_what_may_not_be_done_is_refused(server, method, path):
    assert 400 <= ask(server.url + path, method)[0] < 500


def test_files_of_the_page_are_served(server):
    for path in ('voila/static/manifest.webmanifest', 'voila/static/voila.js'):
        assert ask(server.url + path)[0] == 200, path


@pytest.mark.parametrize(
    'words', ['template=nope', 'template=../../etc', 'template=%ff', 'theme=nope']
)
def test_a_template_that_does_not_exist_gives_the_page(server, words):
    status, begin = ask(f'{server.url}?{words}')
    assert status == 200 and begin.startswith(b'<!DOCTYPE html>')


def test_a_request_that_is_no_http_is_refused(server):
    host, port = re.search(r'//([\d.]+):(\d+)', server.url).groups()
    with socket.create_connection((host, int(port)), timeout=60) as s:
        s.sendall(b'NOTHING\r\n\r\n')
        assert s.recv(99).startswith(b'HTTP/1.1 400')
