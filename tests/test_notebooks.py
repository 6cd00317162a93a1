"Every notebook runs from top to bottom"

import subprocess
import sys

import pytest
from conftest import TOP

NOTEBOOKS = sorted(p.relative_to(TOP / 'nbs') for p in (TOP / 'nbs').glob('**/*.ipynb'))
NEEDS_QT = sorted({p.name for p in NOTEBOOKS if p.name.startswith('desktop')})


@pytest.fixture(scope='module')
def no_qt():
    "Why Qt cannot be loaded, in a line; empty where it can. Its wheel needs system libraries."
    words = [sys.executable, '-c', 'import PySide6.QtWidgets']
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ''


@pytest.fixture(scope='module')
def outcome(no_qt):
    "The notebooks that failed, and all that was printed"
    # nbdev_test forks its workers. Two are the most that a fork beside TensorFlow has borne.
    words = ['nbdev_test', '--n_workers', '2']
    if no_qt:
        words += ['--skip_file_re', '|'.join(['^[_.]', *NEEDS_QT])]
    done = subprocess.run(words, cwd=TOP, capture_output=True, text=True)
    out = done.stdout + done.stderr
    if done.returncode == 0:
        return '', out
    failed = out.split('Tests Failed On The Following Notebooks')[-1]
    assert '.ipynb' in failed, out[-3000:]
    return failed, out


@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_notebook(notebook, outcome, no_qt):
    if no_qt and notebook.name in NEEDS_QT:
        pytest.skip(f'QT CANNOT BE LOADED ({no_qt}): the window was not tested')
    failed, out = outcome
    assert f'{notebook.name}\n' not in failed, out[-6000:]
