"Plots and the texts under the pointer"

import numpy as np
import pandas as pd
import pytest
from fer_nb.core.labels import get_label_set
from fer_nb.evaluation.compare import comparison
from fer_nb.evaluation.metrics import coverage, figures, reliability
from fer_nb.evaluation.plots import (
    new_figure,
    plot_classes,
    plot_confusion,
    plot_coverage,
    plot_curves,
    plot_end_to_end,
    plot_history,
    plot_models,
    plot_reliability,
    plot_robustness,
    tip,
    to_svg,
)


@pytest.fixture(scope='module')
def three_faces():
    "One sad face, two happy ones, and nobody is afraid"
    probabilities = np.array([[0.9, 0.1, 0], [0.6, 0.4, 0], [0.2, 0.8, 0]])
    labels = np.array([0, 1, 1])
    return figures(probabilities, labels, ['sad', 'happy', 'fear']) | {
        'reliability': reliability(probabilities, labels),
        'coverage': coverage(probabilities, labels),
    }


def test_a_tip_is_escaped_and_has_no_id():
    fig, ax = new_figure(2, 1)
    tip(ax, 0.5, 0.5, 'half <way> & "on"')
    svg = to_svg(fig, 'a line')
    assert '<title>half &lt;way&gt;' in svg
    assert 'id="tip' not in svg
    assert svg.startswith('<svg role="img" aria-label="a line"')


def test_every_cell_of_the_confusion_matrix_has_a_tip(three_faces):
    svg = to_svg(plot_confusion(three_faces))
    assert svg.count('class="tip"') == 9
    assert 'fear answered as sad: 0, no sample' in svg


def test_a_class_without_faces_says_so(three_faces):
    svg = to_svg(plot_classes(three_faces))
    assert svg.count('no sample') >= 2
    assert 'happy, recall: 50.0% (2 faces)' in svg


def test_a_class_without_faces_has_no_curve():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(7), 60)
    labels = rng.integers(0, 3, 60)
    svg = to_svg(plot_curves(probabilities, labels, get_label_set('fer2013')))
    assert 'neutral (no curve)' in svg
    assert 'angry: finds' in svg


def test_confidences_have_tips(three_faces):
    assert 'is right' in to_svg(plot_reliability(three_faces))
    assert 'threshold 0%: 100% of faces' in to_svg(plot_coverage(three_faces))


def test_a_corruption_is_set_beside_unchanged_faces():
    rows = [{'corruption': 'none', 'strength': 0, 'unit': '', 'accuracy': 0.6}]
    rows += [
        {'corruption': name, 'strength': strength, 'unit': 'px', 'accuracy': 0.5 - 0.1 * strength}
        for name in ('blur', 'noise')
        for strength in (1, 2, 3)
    ]
    assert 'blur 2 px: 30.0%, as they are 60.0%' in to_svg(plot_robustness(rows))


def test_a_size_at_which_no_face_was_found_is_a_gap():
    shares = {'found': 0.5, 'accuracy': 0.3, 'ready_crops': 0.6}
    rows = [
        {'detector': name, 'size': size, 'accuracy_found': accuracy, **shares}
        for name in ('haar', 'yunet')
        for size, accuracy in ((16, None), (32, 0.6))
    ]
    svg = to_svg(plot_end_to_end(rows))
    assert svg.count('right, of those found, 32 pixels') == 2
    assert 'right, of those found, 16 pixels' not in svg


def test_every_model_has_a_tip():
    assert 'mini_xception: ' in to_svg(plot_models(comparison()))


def test_a_line_marks_where_a_second_run_begins():
    history = pd.DataFrame({'epoch': range(4), 'loss': 1.0, 'val_accuracy': 0.5})
    one_run = plot_history(history)
    two_runs = plot_history(history.assign(run=[0, 0, 1, 1]))
    more = [len(b.lines) - len(a.lines) for a, b in zip(one_run.axes, two_runs.axes, strict=True)]
    assert more == [1, 1]


def test_a_description_with_backslashes_stays_as_it_is():
    fig, _ = new_figure(1, 1)
    assert 'aria-label="\\d against $\\sigma$"' in to_svg(fig, r'\d against $\sigma$')
