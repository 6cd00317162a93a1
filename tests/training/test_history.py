"What a run leaves behind, when it ends, and the state that it goes on from"

from pathlib import Path
from types import SimpleNamespace

import pytest

from fer_nb.core.files import DiskError
from fer_nb.training.config import HISTORY_FILE, TrainConfig, TrainError
from fer_nb.training.history import (
    accuracies_of,
    check_folder,
    cut_history,
    is_finished,
    last_state,
    plateau_rate,
    read_history,
    round_history,
    save_state,
    write_history,
)


class Network:
    "Something that only knows how to save itself"

    def save_weights(self, file):
        file.write(b'weights')


def test_no_history_is_empty(tmp_path):
    assert read_history(tmp_path) == []


@pytest.mark.parametrize('text', ['', 'a,b\n1,2\n', 'epoch,val_accuracy\n0,'])
def test_a_damaged_history_is_empty(tmp_path, text):
    (tmp_path / HISTORY_FILE).write_text(text)
    assert read_history(tmp_path) == []


def test_an_epoch_that_was_done_again_counts_once(tmp_path):
    (tmp_path / HISTORY_FILE).write_text('epoch,val_accuracy\n0,.5\n1,.6\n1,.7\n')
    assert accuracies_of(tmp_path) == [0.5, 0.7]


def test_what_goes_on_is_exact_and_what_is_kept_is_short(tmp_path):
    rows = [{'epoch': 0, 'val_accuracy': 5 / 6}, {'epoch': 1, 'val_accuracy': 0.9}]
    write_history(tmp_path, rows)
    cut_history(tmp_path, 1)
    assert accuracies_of(tmp_path) == [5 / 6]
    round_history(tmp_path)
    assert accuracies_of(tmp_path) == [0.83333]


def test_a_history_without_a_saved_epoch_goes(tmp_path):
    write_history(tmp_path, [{'epoch': 0, 'val_accuracy': 0.5}])
    cut_history(tmp_path, 0)
    assert not (tmp_path / HISTORY_FILE).exists()


@pytest.mark.parametrize(
    'accuracies, finished',
    [([], False), ([0.5, 0.4], False), ([0.5, 0.4, 0.5], True), ([0.1, 0.2, 0.3], False)],
)
def test_a_run_ends_when_its_patience_does(accuracies, finished):
    assert is_finished(TrainConfig(epochs=9, patience=2), accuracies) == finished


@pytest.mark.parametrize(
    'accuracies, finished',
    [
        ([0.5, 0.4, 0.3, 0.2], False),
        ([0.5, 0.4, 0.3, 0.2, 0.1, 0.3], False),
        ([0.5, 0.4, 0.3, 0.2, 0.4, 0.3, 0.3], True),
    ],
)
def test_patience_begins_with_the_body(accuracies, finished):
    assert is_finished(TrainConfig(epochs=9, patience=2, head_epochs=4), accuracies) == finished


def test_a_run_ends_at_its_target():
    config = TrainConfig(epochs=9, target_accuracy=0.5)
    assert not is_finished(config, [0.4])
    assert is_finished(config, [0.5, 0.4])


def test_a_run_ends_after_its_epochs():
    assert is_finished(TrainConfig(epochs=2), [0, 0])


def test_a_plateau_halves_the_rate():
    config = TrainConfig(learning_rate=0.8, plateau=2)
    rates = [plateau_rate(config, [0.5] * epochs) for epochs in range(1, 8)]
    assert rates == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1]


def test_there_is_no_state_at_the_beginning(tmp_path):
    assert last_state(tmp_path) == (0, None)


def test_only_the_last_state_is_kept(tmp_path):
    save_state(Network(), tmp_path, 1)
    save_state(Network(), tmp_path, 2)
    assert last_state(tmp_path)[0] == 2
    assert [path.name for path in (tmp_path / 'resume').iterdir()] == ['epoch-00002.weights.h5']


def test_a_full_disk_leaves_the_last_whole_state(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, 'No space left on device')

    save_state(Network(), tmp_path, 2)
    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(DiskError, match='the disk is full'):
        save_state(Network(), tmp_path, 3)
    assert last_state(tmp_path)[0] == 2


def test_too_little_room_is_told_before_the_first_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr('shutil.disk_usage', lambda path: SimpleNamespace(free=9e6))
    with pytest.raises(TrainError, match='has 9 MB free and the run needs about 48'):
        check_folder(tmp_path, 1_000_000)


def test_a_folder_that_cannot_be_written_is_told():
    with pytest.raises(TrainError, match='choose another folder'):
        check_folder('/proc/run', 1)
