"The queue of trainings: what it takes next, when it gives up, and what it leaves behind"

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TOP = Path(__file__).resolve().parents[2]
QUEUE = TOP / 'tools/train_queue.py'
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


@pytest.fixture(scope='module')
def queue():
    spec = importlib.util.spec_from_file_location('train_queue', QUEUE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_history(folder, accuracies):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f'{i},{a}' for i, a in enumerate(accuracies)]
    (folder / 'history.csv').write_text('\n'.join(['epoch,val_accuracy', *rows]) + '\n')


@pytest.fixture
def two(tmp_path):
    "A list of two configurations of two epochs, and the folder of their runs"
    for name in ('a', 'b'):
        (tmp_path / f'{name}.json').write_text(json.dumps({'model': 'mini_xception', 'epochs': 2}))
    (tmp_path / 'queue.txt').write_text('# first\na.json  # a word on it\n\nb.json\n')
    (tmp_path / 'runs').mkdir()
    return tmp_path / 'queue.txt', tmp_path / 'runs'


def finish(config, folder):
    write_history(folder, [0.4, 0.5])
    (folder / 'model.keras').write_text('')
    return 0


def log_of(runs):  # without the times
    return [line[20:] for line in (runs / 'queue.log').read_text().splitlines()]


def test_the_list_is_worked_off_in_order_and_finished_runs_are_left_alone(queue, two):
    path, runs = two
    done = []

    def run(config, folder):
        done.append(folder.name)
        return finish(config, folder)

    queue.work_off(path, runs, run)
    queue.work_off(path, runs, run)
    assert done == ['a', 'b']
    assert log_of(runs)[:3] == ['a: begins', 'a: over', 'b: begins']


def test_a_line_added_while_a_run_is_on_is_worked_off_too(queue, two):
    path, runs = two
    done = []

    def run(config, folder):
        done.append(folder.name)
        if folder.name == 'b':
            (path.parent / 'c.json').write_text((path.parent / 'a.json').read_text())
            path.write_text(path.read_text() + 'c.json\n')
        return finish(config, folder)

    queue.work_off(path, runs, run)
    assert done == ['a', 'b', 'c']


def test_a_run_that_fails_three_times_is_put_aside_with_its_reason(queue, two):
    path, runs = two
    done = []

    def run(config, folder):
        done.append(folder.name)
        return finish(config, folder) if folder.name == 'b' else -11

    queue.work_off(path, runs, run)
    assert done == ['a', 'a', 'a', 'b']
    why = json.loads((runs / 'a/stopped.json').read_text())['why']
    assert why == 'failed 3 times, the last with status -11'


def test_a_run_that_was_killed_between_its_last_epoch_and_its_end_is_not_over(queue, two):
    path, runs = two
    finish(None, runs / 'a')
    (runs / 'a/resume').mkdir()
    assert queue.next_config(path, runs).stem == 'a'


@pytest.mark.parametrize(
    'epochs, reached, best, verdict',
    [
        (29, 0.50, 0.72, False),  # too early to tell
        (30, 0.67, 0.72, True),
        (30, 0.69, 0.72, False),  # three points can be made up
        (30, 0.50, 0.00, False),  # nothing to compare with
    ],
)
def test_thirty_epochs_and_four_points_behind_is_the_end(queue, epochs, reached, best, verdict):
    accuracies = [reached] + [reached - 0.1] * (epochs - 1)
    assert queue.cannot_win(accuracies, best) == verdict


def test_the_best_known_is_of_the_networks_that_ship_and_of_the_runs(queue, tmp_path):
    models, runs = tmp_path / 'models', tmp_path / 'runs'
    (models / 'good').mkdir(parents=True)
    metrics = {'accuracy': 0.99, 'validation': {'accuracy': 0.7}}  # the first is PrivateTest's
    (models / 'good/metrics.json').write_text(json.dumps(metrics))
    assert queue.best_known(runs, models) == 0.7
    write_history(runs / 'a', [0.6, 0.75, 0.74])
    assert queue.best_known(runs, models) == 0.75


def test_every_configuration_of_the_list_can_be_read_and_is_untaught(queue):
    from fer_nb.training.networks import ARCHITECTURES
    from fer_nb.training.config import load_config

    configs = [load_config(p) for p in queue.read_list(TOP / 'tools/teachers/queue.txt')]
    assert len({c.seed for c in configs}) == len(configs) > 2
    for config in configs:
        assert config.model in ARCHITECTURES
        assert (config.teachers, config.second, config.subset) == ((), 'ferplus', 0)


@pytest.fixture
def tiny(two):
    "One run on 48 faces of noise: the arguments of the queue"
    path, runs = two
    rng = np.random.default_rng(0)
    parts = ['Training'] * 32 + ['PublicTest'] * 8 + ['PrivateTest'] * 8
    pixels = [' '.join(map(str, rng.integers(0, 256, 48 * 48))) for _ in parts]
    rows = [f'{i % 7},{p},{part}' for i, (p, part) in enumerate(zip(pixels, parts, strict=True))]
    (path.parent / 'fer2013.csv').write_text('\n'.join(['emotion,pixels,Usage', *rows]) + '\n')
    (path.parent / 'votes.csv').write_text('')
    path.write_text('a.json\n')
    names = {'--list': path, '--runs': runs, '--data': path.parent / 'fer2013.csv'}
    names['--votes'] = path.parent / 'votes.csv'
    return [str(word) for pair in names.items() for word in pair]


@pytest.fixture
def hasty(queue, monkeypatch):
    "The queue at the priority of the tests: at its own a busy machine would let it wait"
    monkeypatch.setattr(queue, 'be_humble', lambda: None)
    monkeypatch.setattr(queue.signal, 'signal', lambda *_: None)
    monkeypatch.setenv('PYTHONPATH', str(TOP))
    return queue


def test_a_real_run_is_trained_logged_and_left_as_a_network(hasty, two, tiny, monkeypatch):
    path, runs = two
    config = {'model': 'mini_xception', 'epochs': 2, 'batch_size': 16}
    (path.parent / 'a.json').write_text(json.dumps(config))
    monkeypatch.setattr(sys, 'argv', ['train_queue.py', *tiny])
    hasty.main()
    assert (runs / 'a/model.keras').exists()
    log = log_of(runs)
    assert [line.split(':')[0] for line in log[1:3]] == ['a epoch 1', 'a epoch 2']
    assert log[3:] == ['a: over', 'the list is done']


def test_a_second_queue_on_the_same_runs_is_refused_in_one_line(queue, two, tiny):
    _, runs = two
    with queue.only_one(runs):
        done = subprocess.run(
            [sys.executable, QUEUE, *tiny], capture_output=True, text=True, timeout=600
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f'a queue works in {runs} already')
    assert done.stderr.count('\n') == 1
