"Settings: each variable is known in one place, and a wrong value gets one line"

import re

import pytest
from conftest import TOP

from fer_nb.core import settings


def test_settings_lists_every_setting():
    made = {value for value in vars(settings).values() if isinstance(value, settings.Setting)}
    assert made == set(settings.SETTINGS)


def test_no_module_reads_a_variable_that_settings_does_not_know():
    known = {setting.name for setting in settings.SETTINGS}
    for path in (TOP / 'fer_nb').rglob('*.py'):
        found = set(re.findall(r'\bFER_NB_[A-Z]\w*', path.read_text(encoding='utf-8')))
        others = {name for name in found if not name.startswith('FER_NB_SERVE')}
        assert others <= known, path


def test_no_other_module_reads_one_by_itself():
    for path in (TOP / 'fer_nb').rglob('*.py'):
        if path.name == 'settings.py':
            continue
        text = path.read_text(encoding='utf-8')
        assert not re.search(r"environ(\.get\(|\[)f?'FER_NB_(?!SERVE)", text), path


@pytest.mark.parametrize('text', ['many', '0', '-1', 'inf', 'nan'])
def test_a_size_that_is_no_number_over_0_is_refused(monkeypatch, text):
    monkeypatch.setenv('FER_NB_MEGABYTES', text)
    with pytest.raises(settings.SettingError, match='give a number over 0'):
        settings.megabytes()


@pytest.mark.parametrize('text', ['0', 'false', 'No', ''])
def test_debug_can_be_off(monkeypatch, text):
    monkeypatch.setenv('FER_NB_DEBUG', text)
    assert not settings.debug()


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    for setting in settings.SETTINGS:
        monkeypatch.setenv(setting.name, '')
    assert settings.model() is None
    assert settings.models() is None
    assert settings.detector() == 'auto'
    assert settings.language() == 'en'
    assert settings.megabytes() is None
    assert settings.releases() == settings.RELEASES.default


def test_home_may_be_written_as_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('FER_NB_MODELS', '~/nets')
    assert settings.models() == tmp_path / 'nets'
