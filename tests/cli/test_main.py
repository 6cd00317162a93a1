"The way in: the version, and the words of missing extras"

import pytest

import fer_nb
from fer_nb.cli.common import need
from fer_nb.core.errors import FerError


def test_the_version_is_printed(job):
    assert job('--version').strip() == fer_nb.__version__


def test_a_missing_library_is_named_with_its_extra():
    with pytest.raises(FerError) as caught:
        need('json', 'no_such_module', extra='serve')
    expected = "no_such_module not installed; run make dev in a clone, or pip install "
    assert str(caught.value) == expected + "'fer_nb[serve]'"


def test_a_process_of_its_own_has_no_stack_trace(process, notes_jpg):
    done = process('predict', notes_jpg, '--model', 'nobody', text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: no model 'nobody'; choose")
    assert 'Traceback' not in done.stderr
