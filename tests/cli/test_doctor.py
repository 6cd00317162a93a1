"fer-nb doctor: each thing is looked at, and one that fails hides no other"

from unittest.mock import patch

import fer_nb
from fer_nb.cli.doctor import examine, lacking


def test_an_installation_that_is_well():
    rows = {what: (well, text) for what, well, text in examine()}
    assert rows['libraries'][0] and rows['default model'][0]
    assert rows['fer_nb'][1].split()[0] == fer_nb.__version__
    assert 'extra train' in rows and 'extra dev' not in rows


def test_requirements_that_are_not_met_are_named():
    wanted = ['numpy>=99', 'no_such_thing', 'other_thing; extra == "more"']
    wanted.append('gone; python_version < "3"')
    with patch('importlib.metadata.requires', return_value=wanted):
        assert lacking() == ['numpy>=99', 'no_such_thing']
        assert lacking('more') == ['other_thing']


def test_each_thing_that_is_bad_is_told(run, monkeypatch):
    monkeypatch.setenv('FER_NB_YUNET', '/no/where')
    monkeypatch.setenv('FER_NB_MODEL', 'nobody')
    done = run('doctor')
    assert (done.status, done.err) == (1, '')
    assert "BAD default model     no model 'nobody'; choose" in done.out
    assert 'BAD detector          FER_NB_YUNET names /no/where' in done.out
