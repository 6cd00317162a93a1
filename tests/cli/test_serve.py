"fer-nb app, serve and desktop: what is wrong is said before anything starts"

import sys
from importlib.util import find_spec
from unittest.mock import patch

import pytest
from PIL import Image
from typer.testing import CliRunner

from fer_nb.cli.main import app
from fer_nb.core.models import find_model


def test_an_address_that_cannot_be_listened_on(one_line):
    words = ['app', '--ip', 'no such host', '--no-browser', '-d', 'haar']
    one_line(*words, expect='cannot be listened on')


def test_a_limit_that_leaves_no_kernel_for_a_visitor(one_line):
    one_line('app', '--kernels', '2', '--ready', '2', expect='leaves no place for a visitor')


def test_the_app_gets_its_settings(tmp_path):
    Image.new('RGB', (8, 8)).save(tmp_path / 'happy.png')
    words = ['app', '-m', 'mini_xception', '-d', 'haar', '--icons', str(tmp_path)]
    words += ['--megabytes', '3', '--base-url', 'faces', '--port', '9001', '--no-browser']
    with (
        patch('fer_nb.app.server.run_until_stopped', return_value=0) as served,
        patch('fer_nb.app.server.check_port'),
    ):
        CliRunner().invoke(app, words)
    command, settings = served.call_args.args
    assert {'--port=9001', '--Voila.base_url=/faces/', '--no-browser'} <= set(command)
    assert settings['FER_NB_MODEL'] == str(find_model('mini_xception').resolve())
    assert settings['FER_NB_DETECTOR'] == 'haar'
    assert settings['FER_NB_ICONS'] == str(tmp_path.resolve())
    assert settings['FER_NB_MEGABYTES'] == '3.0'


@pytest.mark.skipif(not find_spec('fastapi'), reason='the extra serve is not installed')
@pytest.mark.parametrize(
    'words, expect',
    [
        (['-m', 'nobody'], "no model 'nobody'; choose"),
        (['--token', ''], 'the token is empty'),
    ],
)
def test_an_endpoint_that_cannot_start(one_line, words, expect):
    one_line('serve', *words, expect=expect)


@pytest.mark.skipif(sys.platform != 'linux', reason='other systems always have a screen')
def test_a_window_without_a_screen(one_line, monkeypatch):
    pytest.importorskip('PySide6')
    for name in ('QT_QPA_PLATFORM', 'DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    one_line('desktop', '-d', 'haar', expect='fer-nb app and look at it in a browser')
