"metrics.json, and what training left behind"

from dataclasses import replace
import pandas as pd
import pytest
from fer_nb.core.errors import FerError
from fer_nb.evaluation.metrics import EvaluationError
from fer_nb.training.config import TrainError
from fer_nb.training.history import training_history
from fer_nb.evaluation.metrics_file import (
    all_metrics,
    read_metrics,
    same_model_and_faces,
    training_record,
    write_metrics,
)


def write_history(path, accuracies, epochs=None, seconds=1.0):
    epochs = range(len(accuracies)) if epochs is None else epochs
    rows = {'epoch': epochs, 'val_accuracy': accuracies, 'seconds': seconds}
    pd.DataFrame(rows).to_csv(path, index=False)


@pytest.fixture
def trained(folder):
    "A folder whose training did its second epoch twice"
    write_history(folder / 'history.csv', [0.1, 0.5, 0.4, 0.2], epochs=[0, 1, 1, 2])
    return folder


@pytest.fixture(scope='module')
def measured(noise, tmp_path_factory):
    from shutil import copy
    from fer_nb.core.models import find_model

    folder = tmp_path_factory.mktemp('measured')
    for name in ('model.onnx', 'model.json'):
        copy(find_model('mini_xception') / name, folder)
    return all_metrics(folder, noise, 'the command')


def test_every_split_is_measured(measured):
    assert measured['split'] == 'test'
    assert measured['validation']['n'] == 6
    assert measured['command'] == 'the command'
    assert measured['outputs'] == {}


def test_what_is_written_is_read(folder, measured):
    write_metrics(folder, measured | {'tta': [1]})
    assert read_metrics(folder) == measured | {'tta': [1]}


def test_a_folder_that_is_not_there_is_named(folder, measured):
    with pytest.raises(FerError, match='metrics.json'):
        write_metrics(folder / 'none', measured)


def test_a_damaged_file_is_named(folder):
    (folder / 'metrics.json').write_text('{')
    with pytest.raises(EvaluationError, match='is damaged; write it again with fer-nb record'):
        read_metrics(folder)


def test_another_processor_measures_the_same(measured):
    nearly = measured | {'accuracy': measured['accuracy'] + 0.0004}
    assert same_model_and_faces(nearly, measured)


@pytest.mark.parametrize(
    'change',
    [
        {'temperature': 2.0},
        {'sha256': 'x'},
        {'dataset': 'others'},
        {'accuracy': 0.99},
        {'validation': {}},
        {'n': 39},
    ],
)
def test_other_models_and_faces_are_told_apart(measured, change):
    assert not same_model_and_faces(measured | change, measured)


def test_a_missing_figure_is_not_the_same(measured):
    validation = measured['validation'] | {'ece': None}
    assert not same_model_and_faces(measured | {'validation': validation}, measured)
    assert not same_model_and_faces({}, measured)


def test_other_faces_under_the_same_name_are_told_apart(folder, noise, measured):
    others = all_metrics(folder, replace(noise, images=noise.images[::-1]))
    assert not same_model_and_faces(measured, others)


def test_an_epoch_that_was_done_twice_counts_once(trained):
    record = training_record(trained)
    assert record['best_epoch'] == 2
    assert record['epochs'] == 3
    assert record['training_seconds'] == 3


def test_the_best_epoch_is_that_of_the_last_run(trained):
    write_history(trained / 'first.csv', [0.9, 0.1], seconds=5.0)
    record = training_record(trained)
    assert record['best_epoch'] == 4
    assert record['epochs'] == 5
    assert record['training_seconds'] == 13


def test_epochs_are_counted_through_all_runs(trained):
    write_history(trained / 'first.csv', [0.9, 0.1])
    history = training_history(trained)
    assert history.epoch.tolist() == [0, 1, 2, 3, 4]
    assert history.run.tolist() == [0, 0, 1, 1, 1]


def test_a_run_killed_before_its_first_epoch_is_left_out(trained):
    (trained / 'first.csv').write_text('')
    assert training_record(trained)['epochs'] == 3


@pytest.mark.parametrize('text', ['', 'a,b\n1,2\n', 'epoch,val_accuracy\n0,.5\n'])
def test_a_damaged_history_is_empty(trained, text):
    (trained / 'history.csv').write_text(text)
    assert training_record(trained) == {}


def test_earlier_runs_alone_are_no_history(trained):
    write_history(trained / 'first.csv', [0.9, 0.1])
    (trained / 'history.csv').unlink()
    assert training_history(trained).empty


def test_the_seed_is_read_from_the_settings(trained):
    (trained / 'train.json').write_text('{"seed": 4}')
    assert training_record(trained)['seed'] == 4


def test_damaged_settings_are_named(trained):
    (trained / 'train.json').write_text('{')
    with pytest.raises(TrainError, match='train.json is damaged'):
        training_record(trained)
