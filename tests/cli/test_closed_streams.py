"Commands that a service starts with no output, and a set-up on a machine without a network"

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fer_nb

SAMPLE = Path(fer_nb.__file__).parent / 'app/static/astronaut.jpg'
COMMAND = [sys.executable, '-c', 'from fer_nb.cli.main import main; main()']

if sys.platform == 'win32':
    pytest.skip('a shell of Unix closes the streams', allow_module_level=True)


def shell(words, closed, **more):
    "Run a command with some of its streams closed, as sh does it"
    return subprocess.run(
        ['sh', '-c', f'exec "$@" {closed}', 'sh', *COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        **more,
    )


@pytest.mark.parametrize('closed', ['>&-', '2>&-', '>&- 2>&-', '<&- >&- 2>&-'])
def test_closed_streams_cost_nothing(tmp_path, closed):
    table = tmp_path / 'faces.csv'
    words = ['predict', SAMPLE, '--detector', 'haar', '--out', table]
    done = shell(words, closed)
    assert done.returncode == 0, done.stderr
    assert 'Traceback' not in done.stderr
    lines = table.read_text().splitlines()
    assert len(lines) == 2 and lines[0].startswith(
        'file,'
    )  # what is printed did not go into the table


@pytest.mark.parametrize('form', ['--json', '--csv', '--tta'])
def test_what_would_be_printed_is_not_missed(form):
    done = shell(['predict', SAMPLE, '--detector', 'haar', form], '>&-')
    assert done.returncode == 0 and 'Traceback' not in done.stderr


def test_what_is_printed_still_is():
    done = shell(['predict', SAMPLE, '--detector', 'haar', '--json'], '2>&- <&-')
    assert len(json.loads(done.stdout)) == 1


def without_network(tmp_path):
    "A proxy that nobody listens at stands for a network that is not there"
    known = {k: v for k, v in os.environ.items() if not k.startswith('FER_NB_')}
    closed = dict.fromkeys(
        ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'], 'http://127.0.0.1:9'
    )
    return {**known, **closed, 'NO_PROXY': '', 'no_proxy': '', 'FER_NB_CACHE': str(tmp_path)}


@pytest.mark.parametrize('what', ['yunet', 'fernet-base'])
def test_a_set_up_without_a_network_is_calm(tmp_path, what):
    if what != 'yunet' and (Path(fer_nb.__file__).parent.parent / 'models' / what).exists():
        pytest.skip(f'{what} is in the clone')
    done = shell(['fetch', what, '--if-possible'], '', env=without_network(tmp_path))
    assert done.returncode == 0 and done.stdout == ''
    assert len(done.stderr.splitlines()) == 1 and 'error' not in done.stderr.lower()
    assert f'fetch {what} gets it' in done.stderr


def test_who_asks_for_it_is_told_that_it_failed(tmp_path):
    done = shell(['fetch', 'yunet'], '', env=without_network(tmp_path))
    assert done.returncode == 1 and done.stderr.startswith('error: YuNet could not be fetched')
