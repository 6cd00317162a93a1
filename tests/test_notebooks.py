"Every notebook runs from top to bottom, its visible tests and its hidden ones"
import subprocess
import pytest
from conftest import TOP

NOTEBOOKS = sorted(p.relative_to(TOP/'nbs') for p in (TOP/'nbs').glob('**/*.ipynb'))

@pytest.fixture(scope='module')
def outcome():
    "nbdev_test forks its workers: two at most, and none after TensorFlow was imported"
    done = subprocess.run(['nbdev_test','--n_workers','2'], cwd=TOP, capture_output=True, text=True)
    out = done.stdout + done.stderr
    failed = out.split('Tests Failed On The Following Notebooks')[-1] if done.returncode else ''
    assert done.returncode == 0 or '.ipynb' in failed, out[-3000:]
    return failed, out

@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_notebook(notebook, outcome):
    failed, out = outcome
    assert notebook.name not in failed, out[-6000:]
