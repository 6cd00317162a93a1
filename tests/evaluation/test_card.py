"A model's card is made from its figures, and nothing else"

import json
import re
import pytest
from conftest import TOP
from fer_nb.evaluation.card import CARD_FILE, model_card, write_card
from fer_nb.evaluation.metrics import EvaluationError
from fer_nb.evaluation.metrics_file import read_metrics

MODELS = sorted(path.parent for path in (TOP / 'models').glob('*/metrics.json'))


@pytest.mark.parametrize('shipped', MODELS, ids=lambda path: path.name)
def test_the_card_is_what_its_files_make(shipped):
    kept = (shipped / CARD_FILE).read_text(encoding='utf-8')
    assert kept == model_card(shipped), f'run fer-nb card {shipped.name}'


@pytest.mark.parametrize('shipped', MODELS, ids=lambda path: path.name)
def test_the_card_says_what_the_metrics_say(shipped):
    card = (shipped / CARD_FILE).read_text(encoding='utf-8')
    metrics = read_metrics(shipped)
    assert f"| Accuracy | {metrics['accuracy']:.1%}" in card
    assert f"{metrics['accuracy_without_leaks']:.1%}" in card
    for name, row in metrics['per_class'].items():
        figures = rf"\| {name} \| {row['precision']:.1%} \| {row['recall']:.1%} "
        assert re.search(figures, card), name


@pytest.mark.parametrize('shipped', MODELS, ids=lambda path: path.name)
def test_the_card_has_every_chapter(shipped):
    card = model_card(shipped)
    for words in (
        'Intended use',
        'must not be used',
        'Article 5(1)(f)',
        'Groups that were not measured',
        'Known failures',
        'no license to redistribute',
        'License',
        '(MIT)',
    ):
        assert words in card, words


def class_figures(value):
    support = 0 if value is None else 9
    return {'precision': value, 'recall': value, 'f1': value, 'support': support}


LEAST = {
    'dataset': 'mine',
    'split': 'test',
    'n': 9,
    'accuracy': 0.5,
    'per_class': {'a': class_figures(0.5), 'b': class_figures(None)},
    'confusion_matrix': [[5, 4], [0, 0]],
    'parameters': 3,
    'onnx_mb': 0.1,
}


def test_a_folder_without_figures_says_how_to_get_them(folder):
    with pytest.raises(EvaluationError, match='no metrics.json; write it with fer-nb record'):
        model_card(folder)


def test_missing_figures_are_named(folder, write_metrics_file):
    write_metrics_file({'accuracy': 1})
    with pytest.raises(EvaluationError, match='has no dataset, split, per_class'):
        model_card(folder)


def test_a_class_without_faces_has_dashes(folder, write_metrics_file):
    write_metrics_file(LEAST)
    card = model_card(folder)
    assert '| b | – | – | – | – | 0 |' in card
    assert 'a is answered as b in 44.4% of its faces' in card


def test_a_network_of_somebody_else_claims_no_license(folder, write_metrics_file):
    write_metrics_file(LEAST)
    card = model_card(folder)
    assert 'Not by this project' in card
    assert 'knows nothing of their license' in card
    assert '(MIT)' not in card
    assert 'whoever trained them' in card


def test_a_second_output_has_its_own_tables(folder, write_metrics_file):
    failed = {'tta': {'error': 'no'}, 'robustness': {'error': 'no'}}
    second = {'ferplus': LEAST | {'dataset': 'ferplus'}}
    write_metrics_file(LEAST | {'outputs': second, 'full': failed})
    card = model_card(folder)
    assert 'Output `ferplus`, 9 test faces' in card
    assert 'voted on by ten people' in card
    assert 'Test-time' not in card


def test_the_written_card_is_the_card(folder, write_metrics_file):
    write_metrics_file(LEAST)
    assert write_card(folder).read_text() == model_card(folder)


@pytest.mark.parametrize(
    ('odd', 'why'),
    [
        ({'temperature': 3.0}, 'measured at other temperatures'),
        ({'sha256': 'x'}, 'is of other weights'),
        (
            {'outputs': {'ferplus': LEAST | {'temperature': 9.0}}},
            'measured at other temperatures',
        ),
    ],
)
def test_figures_of_another_model_are_refused(folder, write_metrics_file, odd, why):
    write_metrics_file(LEAST | odd)
    with pytest.raises(EvaluationError, match=why):
        model_card(folder)


def test_damaged_settings_are_named(folder, write_metrics_file):
    write_metrics_file(LEAST)
    (folder / 'train.json').write_text('{')
    with pytest.raises(ValueError, match='train.json'):
        model_card(folder)


@pytest.mark.parametrize('shipped', MODELS, ids=lambda path: path.name)
def test_the_figures_belong_to_the_weights(shipped):
    from fer_nb.core.model_folder import load_spec

    m = read_metrics(shipped)
    assert m['sha256'] == load_spec(shipped).sha256['model.onnx'], (
        f'run fer-nb record {shipped.name}, then fer-nb card {shipped.name}'
    )
    once = m['full']['tta'][0]
    assert (once['views'], once['accuracy'], once['ece']) == ('none', m['accuracy'], m['ece']), (
        f'run fer-nb record {shipped.name} --full, then fer-nb card {shipped.name}'
    )


def test_kept_outputs_are_of_the_network_that_ships():
    cells = json.loads((TOP / 'nbs/tutorials/train_from_raw.ipynb').read_text())['cells']

    def kept(words):
        return next(
            ''.join(o['data']['text/plain'])
            for c in cells
            if words in ''.join(c['source'])
            for o in c.get('outputs', [])
            if 'text/plain' in o.get('data', {})
        )

    shown, judged = kept('asdict(shipped.augment)'), kept("read_metrics(n)['validation']")
    for name, value in json.loads((TOP / 'models/fernet-small/train.json').read_text())[
        'augment'
    ].items():
        assert name in shown and str(value) in shown.split(), (
            f'{name} is {value}: run train_from_raw again'
        )
    for model in ('mini_xception', 'fernet-small'):
        assert (
            f"{read_metrics(TOP / 'models' / model)['validation']['accuracy']:.3f}"
            in judged.split()
        ), f'{model}: run train_from_raw again'


@pytest.mark.parametrize('name', ['index', 'benchmarks'])
def test_tables_of_figures_are_what_the_files_say(name, monkeypatch):
    "Make the tables of README and the benchmarks again, and compare with what was kept"
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(TOP / 'nbs')
    shell, compared = InteractiveShell(), 0
    for cell in json.loads((TOP / f'nbs/{name}.ipynb').read_text())['cells']:
        kept = [
            ''.join(o['data']['text/markdown'])
            for o in cell.get('outputs', [])
            if 'text/markdown' in o.get('data', {})
        ]
        if cell['cell_type'] != 'code' or '#| eval: false' in ''.join(cell['source']):
            continue
        made = shell.run_cell(''.join(cell['source']))
        made.raise_error()
        if kept:
            assert made.result.data == kept[0], f'run nbs/{name}.ipynb again, then make readme'
            compared += 1
    assert compared > 1
