"A model on a part of a data set"

import json
import os
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch
import numpy as np
import pytest
from fer_nb.core.labels import get_label_set
from fer_nb.core.model_folder import FACES_FILE
from fer_nb.data.dataset import face_marks
from fer_nb.evaluation.evaluate import (
    evaluate,
    learned_from,
    output_for,
    predict_dataset,
    speed,
    without_leaks,
)
from fer_nb.evaluation.metrics import EvaluationError


def test_labels_that_no_output_answers_are_refused(model, noise):
    crowd = replace(noise, label_set=get_label_set('ferplus'))
    with pytest.raises(EvaluationError, match='but the data are labeled neutral'):
        evaluate(model, crowd)


def test_the_same_labels_under_another_name_find_their_output(model, noise):
    mine = replace(noise, label_set=replace(noise.label_set, name='mine'))
    assert output_for(model, mine) == 'fer2013'


def test_no_faces_are_refused(model, noise):
    with pytest.raises(EvaluationError, match='no faces to evaluate on'):
        predict_dataset(model, noise[:0])


def test_a_split_without_rows_is_refused(model, noise):
    with pytest.raises(ValueError, match="no rows in the split 'test'"):
        evaluate(model, noise[noise.split != 2], 'test')


def test_a_network_whose_training_went_wrong_is_refused(model, noise):
    broken = SimpleNamespace(
        name='broken',
        spec=model.spec,
        probabilities=lambda faces, output=None: np.full((len(faces), 7), np.nan),
    )
    with pytest.raises(EvaluationError, match='gave NaN'):
        evaluate(broken, noise)


def test_no_leaks_leave_the_accuracy_as_it_is(model, noise):
    result = evaluate(model, noise)
    assert result['accuracy_without_leaks'] == result['accuracy']
    assert result['leaks'] == 0


def test_faces_that_stand_in_training_are_left_out(model, noise):
    images = noise.images.copy()
    images[6:9] = images[:3]
    copied = replace(noise, images=images)
    labels = copied.part('validation').labels
    known = np.arange(6) < 3
    by_heart = np.eye(7)[np.where(known, labels, (labels + 1) % 7)]
    result = evaluate(model, copied, probabilities=by_heart)
    assert result['accuracy'] == 0.5
    assert result['accuracy_without_leaks'] == 0.0
    assert result['leaks'] == 3


def test_all_faces_in_training_leave_nothing_to_measure(noise):
    train = noise.part('train')
    assert without_leaks(np.eye(7)[train.labels], train, train) == {
        'accuracy_without_leaks': None,
        'leaks': 6,
        'interval_without_leaks': [None, None],
    }


def test_faces_that_training_marked_are_found(noise, tmp_path):
    marks = face_marks(noise.images[3:9])
    (tmp_path / FACES_FILE).write_text(json.dumps({'learned': marks}))
    assert np.flatnonzero(learned_from(tmp_path, noise)).tolist() == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize('text', ['{', '[]', '{}'])
def test_damaged_marks_find_nothing(noise, tmp_path, text):
    (tmp_path / FACES_FILE).write_text(text)
    assert not learned_from(tmp_path, noise).any()


def test_speed_is_measured_after_a_warm_up(model):
    with patch.object(model, 'logits', wraps=model.logits) as calls:
        times = speed(model, 20)
    sizes = [len(call.args[0]) for call in calls.call_args_list]
    warm_up, singles, batches = [1] * 20, [1] * 20, [64] * 3
    assert sizes == warm_up + singles + batches
    assert times['ms_one_face'] > 0
    assert times['faces_per_second'] > 0
    assert times['cores'] == os.cpu_count()
