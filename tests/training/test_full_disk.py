"A disk that is full in the middle of a run or an export: one line, and nothing lost"

import os
import subprocess
import sys
from pathlib import Path
import pytest

pytest.importorskip('keras')
resource = pytest.importorskip('resource', reason='Windows has no limit on the size of files')

from conftest import TOP
from fer_nb.core.files import DiskError
from fer_nb.training.export import convert, export_model
from fer_nb.core.labels import get_label_set
from fer_nb.training.networks import create_model, load_network
from fer_nb.core.preprocess import Preprocess
from fer_nb.core.model_folder import ModelError, load_spec, weights_file

import fer_nb.training.export


def run(folder, limit=None):
    "Train for three epochs in a process in which no file grows beyond the limit"

    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit or resource.RLIM_INFINITY,) * 2)

    command = [sys.executable, TOP / 'tests/train_once.py', folder]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=600, preexec_fn=set_limit
    )


def files(folder):
    return {p.name: p.read_bytes() for p in Path(folder).iterdir() if p.is_file()}


def test_a_run_ends_in_a_line_and_goes_on_when_there_is_room(tmp_path):
    # The network takes 63 kB, and the state with what the optimizer keeps 87 kB.
    full = run(tmp_path, 75_000)
    last = full.stderr.strip().splitlines()[-1]
    assert full.returncode == 1, full.stderr[-2000:]  # no signal
    assert 'TrainError' in last and 'cannot be written' in last and 'goes on from' in last
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        'faces.json',
        'history.csv',
        'model.keras',
        'resume',
        'train.json',
    ]
    assert not os.listdir(tmp_path / 'resume')
    load_network(tmp_path / 'model.keras')
    more = run(tmp_path)
    assert more.returncode == 0, more.stderr[-2000:]
    assert (tmp_path / 'history.csv').read_text().count('\n') == 4
    assert sorted(files(tmp_path)) == ['faces.json', 'history.csv', 'model.keras', 'train.json']


LABELS = get_label_set('fer2013').labels


@pytest.fixture
def model_folder(tmp_path):
    "A model, and another one to write over it"
    first, second = create_model('mini_xception'), create_model('mini_xception')
    export_model(first, tmp_path, 'mini', {'fer2013': LABELS}, Preprocess())
    return tmp_path, second


def test_an_export_without_room_leaves_the_model_that_was_there(model_folder):
    folder, other = model_folder
    before = files(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(DiskError, match='cannot be written') as e:
            export_model(other, folder, 'mini', {'fer2013': LABELS}, Preprocess())
        for format in ('onnx', 'keras'):
            with pytest.raises(DiskError, match='cannot be written'):
                convert(other, load_spec(folder), folder, format)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert '\n' not in str(e.value)
    assert files(folder) == before and sorted(os.listdir(folder)) == sorted(before)
    weights_file(folder)


@pytest.mark.parametrize('error', [TypeError('two\nlines'), ModelError('it differs')])
def test_a_failed_export_leaves_nothing_and_says_a_line(
    model_folder, tmp_path_factory, monkeypatch, error
):
    folder, other = model_folder
    before, new = files(folder), tmp_path_factory.mktemp('new') / 'model'

    def fail(*_):
        raise error

    monkeypatch.setattr(fer_nb.training.export, 'check_parity', fail)
    for place in (folder, new):
        with pytest.raises(ModelError) as e:
            export_model(other, place, 'mini', {'fer2013': LABELS}, Preprocess())
        assert '\n' not in str(e.value)
    assert files(folder) == before and not new.exists()


def test_a_format_is_added_to_the_hashes_of_those_that_are_there(model_folder):
    folder, _ = model_folder
    first = load_spec(folder).sha256
    network = load_network(folder)
    saved = convert(network, load_spec(folder), folder, 'litert')
    assert set(saved.sha256) == {*first, 'model.tflite'} and saved == load_spec(folder)
