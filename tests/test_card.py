"A model's card is made from its figures, and nothing else"

import json, re
import pytest
from conftest import TOP
from fer_nb.evaluation.card import CARD_FILE, model_card
from fer_nb.evaluation.metrics import read_metrics

MODELS = sorted(p.parent for p in (TOP / 'models').glob('*/metrics.json'))


@pytest.mark.parametrize('folder', MODELS, ids=lambda p: p.name)
def test_the_card_is_what_its_files_make(folder):
    assert (folder / CARD_FILE).read_text(encoding='utf-8') == model_card(folder), (
        f'run fer-nb card {folder.name}'
    )


@pytest.mark.parametrize('folder', MODELS, ids=lambda p: p.name)
def test_the_card_says_what_the_metrics_say(folder):
    text, m = (folder / CARD_FILE).read_text(encoding='utf-8'), read_metrics(folder)
    assert (
        f"| Accuracy | {m['accuracy']:.1%}" in text and f"{m['accuracy_without_leaks']:.1%}" in text
    )
    for name, row in m['per_class'].items():
        assert re.search(rf"\| {name} \| {row['precision']:.1%} \| {row['recall']:.1%} ", text), (
            name
        )
    for must in (
        'must not be used',
        'Groups that were not measured',
        'Known failures',
        'License',
        'Intended use',
    ):
        assert must in text


@pytest.mark.parametrize('folder', MODELS, ids=lambda p: p.name)
def test_the_figures_belong_to_the_weights(folder):
    from fer_nb.core.model_folder import load_spec

    m = read_metrics(folder)
    assert m['sha256'] == load_spec(folder).sha256['model.onnx'], (
        f'run fer-nb record {folder.name}, then fer-nb card {folder.name}'
    )
    once = m['full']['tta'][0]
    assert (once['views'], once['accuracy'], once['ece']) == ('none', m['accuracy'], m['ece']), (
        f'run fer-nb record {folder.name} --full, then fer-nb card {folder.name}'
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
    "README's tables and those of the benchmarks, made again and compared with what the notebook kept"
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
