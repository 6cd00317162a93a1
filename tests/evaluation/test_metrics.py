"Figures from probabilities and labels"

import json
import numpy as np
import pytest
from sklearn import metrics as skm
from fer_nb.evaluation.metrics import (
    EvaluationError,
    coverage,
    expected_calibration_error,
    figures,
    from_counts,
    intervals,
    reliability,
    row_figures,
)

TWO = np.array([[0.9, 0.1], [0.6, 0.4]])


def test_figures_of_a_confusion_matrix_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    answers = rng.integers(0, 3, 200)
    got = from_counts(skm.confusion_matrix(labels, answers))
    assert got == pytest.approx(
        {
            'accuracy': skm.accuracy_score(labels, answers),
            'balanced_accuracy': skm.balanced_accuracy_score(labels, answers),
            'macro_f1': skm.f1_score(labels, answers, average='macro'),
            'weighted_f1': skm.f1_score(labels, answers, average='weighted'),
            'kappa': skm.cohen_kappa_score(labels, answers),
        }
    )


def test_a_bin_that_ends_at_one_holds_full_confidence():
    rows = reliability(TWO, np.array([0, 1]), bins=2)
    assert rows == [{'low': 0.5, 'high': 1.0, 'n': 2, 'confidence': 0.75, 'accuracy': 0.5}]


def test_a_model_that_is_always_sure_and_always_right_has_no_calibration_error():
    sure = np.array([[1.0, 0], [1, 0]])
    assert expected_calibration_error(sure, np.array([0, 0])) == 0


def test_a_threshold_over_every_confidence_leaves_no_accuracy():
    rows = coverage(TWO, np.array([0, 1]), [0, 0.7, 0.95])
    assert [row['coverage'] for row in rows] == [1, 0.5, 0]
    assert [row['accuracy'] for row in rows] == [0.5, 1, None]


def test_each_face_adds_its_part():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    labels = np.array([0, 0, 2])
    rows = row_figures(probabilities, labels)
    assert rows['top2_accuracy'].tolist() == [1, 0, 0]
    assert rows['brier'][0] == pytest.approx(0.09 + 0.04 + 0.01)
    assert rows['nll'].mean() == pytest.approx(
        skm.log_loss(labels, probabilities, labels=[0, 1, 2]), abs=1e-6
    )


def test_figures_of_three_faces():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    result = figures(probabilities, np.array([0, 1, 1]), ['sad', 'happy'])
    assert result['n'] == 3
    assert result['accuracy'] == 0.6667
    assert result['share_over_70'] == 0.6667
    assert result['confusion_matrix'] == [[1, 0], [1, 1]]
    assert result['per_class']['happy'] == {
        'precision': 1.0,
        'recall': 0.5,
        'f1': 0.6667,
        'support': 2,
        'auc': 1.0,
        'average_precision': 1.0,
    }


def test_answers_that_are_not_numbers_are_refused():
    with pytest.raises(EvaluationError, match='NaN'):
        figures(np.array([[np.nan, 0.1]]), np.array([0]), 'ab')


def test_no_faces_are_refused():
    with pytest.raises(EvaluationError, match='no faces to evaluate on'):
        figures(np.zeros((0, 2)), np.zeros(0, int), 'ab')


def test_a_class_without_faces_is_a_gap():
    probabilities = np.array([[0.9, 0.1, 0], [0.2, 0.7, 0.1]])
    result = figures(probabilities, np.array([0, 1]), ['a', 'b', 'c'])
    missing = result['per_class']['c']
    assert missing['recall'] is None
    assert missing['auc'] is None
    assert missing['support'] == 0
    assert result['without_samples'] == ['c']
    assert result['confusion_share'][2] == [None] * 3
    assert result['macro_f1'] == 1.0
    json.dumps(result, allow_nan=False)


def test_a_class_that_was_never_answered_has_no_precision():
    row = figures(TWO, np.array([0, 1]), 'ab')['per_class']['b']
    assert row['precision'] is None
    assert row['recall'] == 0.0
    assert row['f1'] == 0.0


def test_faces_of_one_class_have_no_curve():
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6]])
    result = figures(probabilities, np.array([0, 0]), ['a', 'b'])
    assert result['accuracy'] == 0.5
    assert result['kappa'] == 0.0
    assert result['balanced_accuracy'] == 0.5
    assert result['per_class']['a']['auc'] is None
    json.dumps(result, allow_nan=False)


def test_kappa_of_one_class_always_answered_means_nothing():
    assert figures(np.array([[0.9, 0.1]]), np.array([0]), ['a', 'b'])['kappa'] is None
    assert intervals(np.array([[0.9, 0.1]]), np.array([0]), draws=20)['kappa'] == [None, None]


def test_the_figure_lies_inside_its_interval():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    labels = np.array([0, 1, 1, 1])
    point = figures(probabilities, labels, 'ab')
    for key, (low, high) in intervals(probabilities, labels).items():
        if low is not None:
            assert low - 1e-4 <= point[key] <= high + 1e-4, key


def test_the_draws_are_the_same_every_time():
    labels = np.array([0, 1])
    assert intervals(TWO, labels, draws=20) == intervals(TWO, labels, draws=20)


def test_ten_times_the_faces_make_the_interval_three_times_narrower():
    coin = np.tile([0.8, 0.2], (100, 1))
    truth = np.repeat([0, 1], [70, 30])
    low, high = intervals(coin, truth)['accuracy']
    narrow_low, narrow_high = intervals(np.tile(coin, (10, 1)), np.tile(truth, 10))['accuracy']
    assert 2.5 < (high - low) / (narrow_high - narrow_low) < 4


def test_a_calibrated_model_may_have_no_calibration_error():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(20):
        confidence = rng.uniform(0.5, 1, 400)
        labels = np.where(rng.uniform(size=400) < confidence, 0, 1)
        probabilities = np.stack([confidence, 1 - confidence], axis=1)
        low, _ = intervals(probabilities, labels, draws=100)['ece']
        held += low <= 0.005
    assert held >= 16
