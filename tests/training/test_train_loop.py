"The training loop: what a run keeps, what it refuses, how it goes on, its heads and its teachers"

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('keras')

from fer_nb.core.model_folder import FACES_FILE
from fer_nb.core.preprocess import Preprocess
from fer_nb.data.dataset import face_marks
from fer_nb.training.backend import keras
from fer_nb.training.batches import FaceBatches
from fer_nb.training.config import HISTORY_FILE, TRAIN_FILE, TrainError, load_config, save_config
from fer_nb.training.history import read_history
from fer_nb.training.networks import create_model
from fer_nb.training.teachers import taught, teacher_answers, teaching
from fer_nb.training.train import (
    Progress,
    _faces_of,
    new_network,
    phases,
    set_trainable,
    some_of,
    spread,
    train,
)

pytestmark = pytest.mark.usefixtures('tiny_fernet', 'uncompiled')


class Watch(keras.callbacks.Callback):
    "Keep the first kernel and the rates of each step, and all weights of the end"

    def __init__(self):
        super().__init__()
        self.rates = set()

    def on_train_batch_end(self, batch, logs=None):
        self.kernel = keras.ops.convert_to_numpy(self.model.trainable_weights[0]).copy()
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        self.rates.add(round(float(rate), 6))

    def on_train_end(self, logs=None):
        self.weights = [w.copy() for w in self.model.get_weights()]


class StopInSecondEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 1:
            raise KeyboardInterrupt


@pytest.fixture
def voted(noise):
    "Votes for a second head, and some faces without any"
    votes = np.eye(8, dtype=np.float32)[np.arange(12) % 8] * (np.arange(12) % 3 > 0)[:, None]
    return replace(noise, votes={'ferplus': votes})


@pytest.fixture
def teacher(small, noise, tmp_path):
    "The file of a network with two heads, as it was before its first step"
    network = new_network(replace(small, second='ferplus'), noise.label_set)
    network.save(tmp_path / 'teacher.keras')
    return str(tmp_path / 'teacher.keras')


@pytest.fixture
def pupil(small, teacher):
    return replace(small, epochs=1, teachers=(teacher,), label_smoothing=0.0)


def first_kernel(network):
    return keras.ops.convert_to_numpy(network.trainable_weights[0])


def test_a_run_is_kept_and_never_trained_over(small, noise, tmp_path):
    network = train(small, noise, tmp_path)
    assert network.output_shape == (None, 2)
    assert [row['epoch'] for row in read_history(tmp_path)] == [0, 1]
    written = (tmp_path / 'model.keras').stat().st_mtime_ns
    with pytest.raises(TrainError, match='other settings'):
        train(replace(small, epochs=9), noise, tmp_path)
    with pytest.raises(TrainError, match='other faces or classes'):
        train(small, replace(noise, labels=1 - noise.labels), tmp_path)
    train(small, noise, tmp_path)  # a finished run is not run again
    (tmp_path / FACES_FILE).write_text('{')
    with pytest.raises(TrainError, match='faces.json cannot be read'):
        train(small, noise, tmp_path)
    (tmp_path / TRAIN_FILE).unlink()
    with pytest.raises(TrainError, match='holds history.csv, but no train.json'):
        train(small, noise, tmp_path)
    (tmp_path / HISTORY_FILE).unlink()
    with pytest.raises(TrainError, match='holds model.keras, but no train.json'):
        train(small, noise, tmp_path)
    assert (tmp_path / 'model.keras').stat().st_mtime_ns == written


def test_settings_that_never_made_an_epoch_are_no_hindrance(small, noise, tmp_path):
    save_config(replace(small, second='ferplus'), tmp_path)
    train(replace(small, epochs=1), noise, tmp_path)
    assert load_config(tmp_path).second is None


def test_faces_of_your_own_are_noted(noise):
    own = replace(noise, ids=np.array([f'{i}.jpg' for i in range(len(noise))]))
    faces = _faces_of(own.label_set, own.part('train'), own.part('validation'))
    assert faces['learned'] == sorted(set(face_marks(noise.part('train').images)))


def test_without_an_average_the_last_step_is_kept(small, noise, tmp_path):
    watch = Watch()
    kept = train(replace(small, epochs=1, ema=0.0), noise, tmp_path, [watch])
    np.testing.assert_allclose(first_kernel(kept), watch.kernel, atol=1e-6)


def test_the_averaged_weights_are_kept(small, noise, tmp_path):
    watch = Watch()
    kept = train(replace(small, epochs=1, ema=0.9), noise, tmp_path, [watch])
    assert np.abs(first_kernel(kept) - watch.kernel).max() > 1e-4


def test_precision_and_dropout_are_those_of_the_network(small, noise):
    config = replace(small, precision='mixed_bfloat16', dropout=0.45)
    network = new_network(config, noise.label_set)
    dropouts = [one for one in network.layers if isinstance(one, keras.layers.Dropout)]
    assert network.layers[1].compute_dtype == 'bfloat16'
    assert [one.rate for one in dropouts] == [0.45]


@pytest.mark.parametrize('optimizer', ['adamw', 'muon'])
def test_a_stopped_run_ends_like_a_whole_one(small, noise, tmp_path, optimizer):
    config = replace(small, optimizer=optimizer)
    whole = Watch()
    train(config, noise, tmp_path / 'whole', [whole])
    with pytest.raises(KeyboardInterrupt):
        train(config, noise, tmp_path / 'stopped', [StopInSecondEpoch()])
    assert [row['epoch'] for row in read_history(tmp_path / 'stopped')] == [0]
    resumed = Watch()
    train(config, noise, tmp_path / 'stopped', [resumed])
    assert [row['epoch'] for row in read_history(tmp_path / 'stopped')] == [0, 1]
    for a, b in zip(whole.weights, resumed.weights):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_dropout_in_an_epoch_is_the_same_after_a_resume(small, noise):
    network = new_network(small, noise.label_set)
    progress = Progress(FaceBatches(noise.part('train'), small), 2)
    progress.set_model(network)
    (dropout,) = (one for one in network.layers if isinstance(one, keras.layers.Dropout))
    drawn = []
    for epoch in (0, 1, 0):
        progress.on_epoch_begin(epoch)
        drawn.append(keras.ops.convert_to_numpy(dropout.seed_generator.state).tolist())
    progress.on_train_end()
    assert drawn[0] == drawn[2]
    assert drawn[0] != drawn[1]


def test_a_subset_is_drawn_by_the_seed(small, noise):
    few = replace(small, subset=5)
    assert len(some_of(noise, few)) == 5
    assert (some_of(noise, few).ids == some_of(noise, few).ids).all()
    assert some_of(noise, small) is noise


def test_two_heads_are_trained_at_once(small, voted, noise, tmp_path):
    both = replace(small, second='ferplus', precision='mixed_bfloat16', epochs=1)
    assert train(both, voted, tmp_path / 'both').output_names == ['custom', 'ferplus']
    with pytest.raises(TrainError, match='has no votes for ferplus'):
        train(both, noise, tmp_path / 'none')


def test_a_teachers_answers_are_mixed_into_the_labels(pupil, noise, teacher):
    answers = teacher_answers(keras.saving.load_model(teacher), noise, pupil)
    np.testing.assert_allclose(answers.sum(1), 1, atol=1e-5)
    expected = 0.5 * np.eye(2)[noise.labels] + 0.5 * answers
    np.testing.assert_allclose(taught(noise, pupil).soft, expected, atol=1e-5)


def test_without_a_teacher_the_labels_stay(small, noise):
    assert taught(noise, small) is noise


def test_a_pupil_is_trained_and_says_who_taught_it(pupil, noise, tmp_path):
    assert train(pupil, noise, tmp_path / 'pupil').output_names == ['custom']
    assert load_config(tmp_path / 'pupil').teachers == pupil.teachers


def test_a_teacher_of_views_sees_the_very_picture(pupil, voted, teacher):
    views = replace(pupil, teach_views=True, second='ferplus', teacher_weight=0.25)
    x, y = FaceBatches(voted.part('train'), views)[0]
    target, votes = teaching(voted.label_set, views)(x, y)
    logits = keras.saving.load_model(teacher)(x)[0]
    expected = 0.75 * y[0] + 0.25 * keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(target), expected, atol=0.02)
    assert (votes == y[1]).all()


def test_what_views_taught_is_a_plain_network(pupil, voted, tmp_path):
    views = replace(pupil, teach_views=True, second='ferplus')
    after = train(views, voted, tmp_path / 'views')
    assert type(after).__name__ == 'Functional'
    assert after.output_names == ['custom', 'ferplus']


def test_a_teacher_of_other_labels_is_refused(pupil, noise, tmp_path):
    other = replace(pupil, teachers=('mini_xception',))
    why = 'the teacher answers for fer2013, not for custom'
    with pytest.raises(TrainError, match=why):
        train(replace(other, teach_views=True), noise, tmp_path / 'run')
    with pytest.raises(TrainError, match=why):
        taught(noise, other)


def test_a_teacher_of_faces_of_another_size_is_refused(pupil, noise):
    with pytest.raises(TrainError, match='the teacher takes faces of'):
        taught(noise, replace(pupil, preprocess=Preprocess(32)))


def test_the_body_is_frozen_while_the_head_learns(small, noise, teacher, tmp_path):
    tuned = train(replace(small, weights=teacher, head_epochs=1), noise, tmp_path / 'tuned')
    began = keras.saving.load_model(teacher)
    kernel = tuned.layers[1].get_weights()[0]
    assert (kernel == began.layers[1].get_weights()[0]).all()
    assert [row['epoch'] for row in read_history(tmp_path / 'tuned')] == [0, 1]


def test_a_plateau_keeps_the_gentle_rate_of_the_body(small, noise, teacher, tmp_path):
    watch = Watch()
    tuning = replace(small, weights=teacher, head_epochs=1, plateau=5)
    train(tuning, noise, tmp_path / 'tuned', [watch])
    assert watch.rates == {0.0003, 0.01}


def test_a_run_stops_when_nothing_improves(small, noise, tmp_path):
    idle = replace(small, patience=1, ema=0.0, epochs=9, learning_rate=1e-9, optimizer='sgd')
    train(idle, noise, tmp_path)
    assert len(read_history(tmp_path)) == 2


def test_a_loss_that_is_no_number_ends_the_run(small, noise, tmp_path):
    wild = replace(small, learning_rate=1e30, optimizer='sgd', warmup_epochs=0.0, epochs=4)
    with pytest.raises(TrainError, match='the loss became NaN'):
        train(wild, noise, tmp_path)


def test_a_body_is_frozen_wholly_in_part_or_not_at_all():
    network = create_model('mini_xception', ['a', 'b'])
    head = 3 * 3 * 128 * 2 + 2

    def free(share):
        set_trainable(network, share)
        return sum(int(np.prod(w.shape)) for w in network.trainable_weights)

    assert free(0.0) == head
    assert head < free(0.3) < 40_000
    assert free(1.0) > 45_000


def test_the_head_learns_before_the_body(small):
    assert phases(replace(small, epochs=9, head_epochs=2, learning_rate=0.004)) == [
        (0, 2, 0.0, 0.004),
        (2, 9, 0.3, 0.0003),
    ]


def test_more_devices_than_there_are_are_refused():
    with pytest.raises(TrainError, match='99 devices were asked for'):
        with spread(99):
            pass
