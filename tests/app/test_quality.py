"What the page says of a model: layers, figures, history and card"

import shutil

import pytest

from fer_nb.app.quality import layers, measured, quality_report
from fer_nb.inference.runtime import OnnxModel


@pytest.fixture
def bare(tmp_path):
    "A model folder with the network alone"
    for name in ('model.onnx', 'model.json'):
        shutil.copy(OnnxModel('mini_xception').folder / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize('name', ['fernet-small', 'fernet-base', 'deep_cnn'])
def test_layers_hold_nearly_all_weights(name):
    model = OnnxModel(name)  # the last two keep their weights as float16
    counted = sum(step['numbers'] for step in layers(model))
    assert 0.97 < counted / model.spec.parameters <= 1.02


def test_the_first_and_the_last_layer_have_the_shapes_of_the_network():
    first, *_, last = layers(OnnxModel('mini_xception'))
    assert (first['channels'], first['size']) == (8, [46, 46])
    assert last['channels'] == 7


def test_figures_are_of_the_label_set_at_work():
    metrics = quality_report(OnnxModel('fernet-small'), 'ferplus')['metrics']
    assert (metrics['dataset'], len(metrics['per_class'])) == ('ferplus', 8)


def test_a_history_of_one_run_has_no_further_beginnings():
    assert quality_report(OnnxModel('mini_xception'))['history']['begins'] == []


def test_a_history_says_where_further_runs_begin():
    history = quality_report(OnnxModel('fernet-small'), 'ferplus')['history']
    assert history['begins']
    assert all(1 < begin < len(history['epoch']) for begin in history['begins'])


def test_a_bare_folder_has_no_figures_history_or_card(bare):
    report = quality_report(OnnxModel(bare))
    assert [report[key] for key in ('metrics', 'history', 'card')] == [None] * 3
    assert measured(bare, 'fer2013') is None


def test_figures_of_another_output_are_not_shown(bare):
    (bare / 'metrics.json').write_text('{"output": "fer2013", "n": 9}')
    assert measured(bare, 'fer2013')['n'] == 9
    assert measured(bare, 'mine') is None


@pytest.mark.parametrize('text', ['{"output": "fer', '[]'])
def test_damaged_figures_are_left_out(bare, text):
    (bare / 'metrics.json').write_text(text)
    assert measured(bare, 'fer2013') is None


def test_a_card_puts_no_script_on_the_page(bare):
    table = '| a | b |\n| - | - |\n| 1 | 2 |\n'
    (bare / 'README.md').write_text(f'# Card\n<script>alert(1)</script>\n\n{table}')
    card = quality_report(OnnxModel(bare))['card']
    assert '<h1>Card</h1>' in card and '<table>' in card
    assert '<script' not in card


def test_a_history_without_accuracy_is_left_out(bare):
    (bare / 'history.csv').write_text('epoch,loss\n0,1\n')
    assert quality_report(OnnxModel(bare))['history'] is None
