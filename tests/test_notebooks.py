"Every notebook runs from top to bottom, its visible tests and its hidden ones"

import subprocess, sys
import pytest
from conftest import TOP

NOTEBOOKS = sorted(p.relative_to(TOP / 'nbs') for p in (TOP / 'nbs').glob('**/*.ipynb'))

NEEDS_QT = {'desktop.ipynb'}


@pytest.fixture(scope='module')
def no_qt():
    "Why Qt cannot be loaded, in a word; empty where it can. (Its wheel needs libraries that a bare container lacks.)"
    done = subprocess.run(
        [sys.executable, '-c', 'import PySide6.QtWidgets'], capture_output=True, text=True
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ''


@pytest.fixture(scope='module')
def outcome(no_qt):
    "nbdev_test forks its workers: two at most, and none after TensorFlow was imported"
    skip = ['--skip_file_re', '|'.join(['^[_.]', *NEEDS_QT])] if no_qt else []
    done = subprocess.run(
        ['nbdev_test', '--n_workers', '2', *skip], cwd=TOP, capture_output=True, text=True
    )
    out = done.stdout + done.stderr
    failed = out.split('Tests Failed On The Following Notebooks')[-1] if done.returncode else ''
    assert done.returncode == 0 or '.ipynb' in failed, out[-3000:]
    return failed, out


@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_notebook(notebook, outcome, no_qt):
    if no_qt and notebook.name in NEEDS_QT:
        pytest.skip(f'QT CANNOT BE LOADED ({no_qt}): the window was not tested')
    failed, out = outcome
    assert notebook.name not in failed, out[-6000:]
