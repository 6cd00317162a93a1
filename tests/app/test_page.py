"What the page is made of, and what the server's settings change in it"

import pytest

from fer_nb.app.page import PANELS, HeaderWidget, load_app, upload_limit
from fer_nb.inference.recognize import Recognizer


def test_the_head_says_the_accuracy_of_the_label_set_at_work():
    header = HeaderWidget(Recognizer.load('fernet-small', detector='haar'))
    before = header.facts['accuracy']
    header.session.change(labels='ferplus')
    assert (header.facts['labels'], header.facts['dataset']) == (8, 'ferplus')
    assert header.facts['accuracy'] > before


def test_the_server_lowers_a_tab_s_limit_and_never_raises_it_beyond_its_own(monkeypatch):
    monkeypatch.setenv('FER_NB_MEGABYTES', '60.5')
    limits = [upload_limit(panel) for panel in PANELS.values()]
    assert limits == [{}, {'max_bytes': 50_000_000}, {'max_bytes': 60_500_000}, {}]


def test_the_page_is_made_with_the_server_s_limit(monkeypatch):
    monkeypatch.setenv('FER_NB_MEGABYTES', '2')
    limits = [getattr(panel, 'max_bytes', None) for panel in load_app()[1:]]
    assert limits == [None, 2_000_000, 2_000_000, None]


@pytest.mark.parametrize('ready', ['True', 'False'])
def test_a_page_has_a_head_and_a_widget_for_each_tab(monkeypatch, ready):
    monkeypatch.setenv('VOILA_PREHEAT', ready)
    header, *panels = load_app()
    assert header.facts['labels'] == 7
    names = [type(panel).__name__ for panel in panels]
    assert names == [panel.__name__ for panel in PANELS.values()]


def test_a_model_that_is_not_there_is_said_in_one_line(monkeypatch):
    monkeypatch.setenv('FER_NB_MODEL', 'nobody')
    (line,) = load_app()
    assert "no model 'nobody'" in line.value
