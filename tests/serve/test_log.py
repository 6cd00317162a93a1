"What the endpoint's log says of those it refuses: nothing of where they are"

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

pytest.importorskip('fastapi')

VISITOR = '203.0.113.7'  # set aside for examples, RFC 5737


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def ask(url, data=None, **headers):
    headers = {'X-Forwarded-For': VISITOR, 'Content-Type': 'image/jpeg', **headers}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data, headers), timeout=60
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        return e.code


def test_no_address_is_logged(tmp_path):
    port, log = free_port(), tmp_path / 'log'
    with open(log, 'w') as f:
        server = subprocess.Popen(
            ['fer-nb', 'serve', '--port', str(port), '--detector', 'whole', '--token', 'word'],
            stdout=f,
            stderr=f,
            env=dict(os.environ),
        )
    url, until = f'http://127.0.0.1:{port}/', time.monotonic() + 120
    try:
        while time.monotonic() < until:
            assert server.poll() is None, log.read_text()
            try:
                assert ask(f'{url}healthz') == 200
                break
            except OSError:
                time.sleep(0.2)
        known = {'Authorization': 'Bearer word'}
        assert ask(f'{url}predict', b'x') == 401
        assert ask(f'{url}predict', b'x', **known) == 422
        assert ask(f'{url}predict', b'x', **{**known, 'Content-Type': 'text/plain'}) == 415
        assert ask(f'{url}nothing') == 404
        with socket.create_connection(('127.0.0.1', port), timeout=60) as s:
            s.sendall(b'NOTHING\r\n\r\n')
            assert b'400' in s.recv(99)
    finally:
        server.terminate()
        server.wait(60)
    _, rest = log.read_text().split('\n', 1)  # the first line says where it listens
    assert VISITOR not in rest and '127.0.0.1' not in rest, rest
