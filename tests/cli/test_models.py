"fer-nb fetch and fer-nb export"

import json
from unittest.mock import patch

import pytest

from fer_nb.core.detect import YUNET_FILE


def test_fetch_names_what_there_is(one_line):
    one_line('fetch', 'huge', expect="'huge' cannot be fetched; choose yunet")


@pytest.fixture
def damaged_cache(tmp_path, monkeypatch):
    "A cache whose YuNet is cut off"
    (tmp_path / YUNET_FILE).write_text('cut off')
    monkeypatch.setenv('FER_NB_CACHE', str(tmp_path))
    monkeypatch.delenv('FER_NB_YUNET', raising=False)


def test_a_wrong_file_in_the_cache_is_fetched_again(job, damaged_cache):
    with patch('fer_nb.core.detect.fetch_yunet', return_value='a new one'):
        assert 'yunet is at a new one' in job('fetch', 'yunet')


def test_a_wrong_file_of_the_users_own_is_not_replaced(
    one_line, damaged_cache, notes_jpg, monkeypatch
):
    monkeypatch.setenv('FER_NB_YUNET', str(notes_jpg))
    with patch('fer_nb.core.detect.fetch_yunet', return_value='a new one'):
        one_line('fetch', 'yunet', expect='is not the YuNet file')


@pytest.mark.parametrize(
    'words, expect',
    [
        (['--data', 'none.csv'], 'is not there'),
        (['--precision', 'int8'], 'int8 has to see faces'),
        (['--crop'], '--crop has no effect on it'),
        (['--format', 'litert', '--data', '.'], '--data has no effect on it'),
    ],
)
def test_options_that_cannot_be_followed(one_line, tmp_path, words, expect):
    one_line('export', 'mini_xception', '--out', tmp_path / 'x', *words, expect=expect)


def test_a_file_in_place_of_the_new_folder(one_line, noise):
    one_line('export', 'mini_xception', '--out', noise, expect='is a file; give a folder')


def test_half_precision_costs_little_and_the_folder_says_so(job, copied, noise, tmp_path):
    pytest.importorskip('keras')
    words = ['export', copied, '--precision', 'float16', '--data', noise]
    said = json.loads(job(*words, '--out', tmp_path / 'half'))
    assert json.loads((tmp_path / 'half/export.json').read_text()) == said
    assert abs(said['accuracy'] - said['accuracy_before']) < 0.1
    figures = json.loads(job('evaluate', tmp_path / 'half', '--data', noise, '--no-report'))
    assert figures['n'] == 30
