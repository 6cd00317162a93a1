"Several models in one table, and the claims of others"

import json
import shutil
import pandas as pd
import pytest
from fer_nb.core.models import model_folders
from fer_nb.evaluation.compare import CLAIMS_FILE, claims_table, comparison


@pytest.fixture
def models(tmp_path, monkeypatch):
    "A place for models, where a test adds some with other figures"
    monkeypatch.setenv('FER_NB_MODELS', str(tmp_path))

    def add(name, metrics):
        shutil.copytree(model_folders()['mini_xception'], tmp_path / name)
        path = tmp_path / name / 'metrics.json'
        path.unlink()
        if metrics:
            path.write_text(json.dumps(metrics))
        return tmp_path / name

    return add


def test_a_gain_counts_from_the_baseline(models):
    models('better', {'dataset': 'fer2013', 'accuracy': 0.9})
    table = comparison()
    assert table.gain['better'] == pytest.approx(0.9 - table.accuracy['mini_xception'])


def test_other_data_have_no_gain(models):
    models('elsewhere', {'dataset': 'mine', 'accuracy': 0.9})
    table = comparison()
    assert pd.isna(table.gain['elsewhere'])
    assert pd.isna(table.ece['elsewhere'])


def test_a_model_without_figures_is_shown_only_when_asked_for(models):
    models('unmeasured', None)
    assert 'unmeasured' not in comparison().index
    assert len(comparison(['unmeasured'])) == 1


def test_a_network_trained_anew_may_have_the_name_of_the_baseline(models):
    models('better', {'dataset': 'fer2013', 'accuracy': 0.9})
    folder = model_folders()['mini_xception']
    anew = shutil.copytree(folder, models('runs', None) / 'mini_xception')
    gains = comparison(['mini_xception', anew, 'better']).gain.tolist()
    assert gains == pytest.approx([0, 0, gains[2]])
    assert gains[2] > 0


def test_a_claim_stands_beside_our_figure_or_a_gap():
    assert set(claims_table({}).ours) == {''}
    assert set(claims_table({'accuracy': 0.5}).ours) == {'50.0%'}


def test_every_claim_has_a_public_source():
    for claim in json.loads(CLAIMS_FILE.read_text(encoding='utf-8'))['claims']:
        assert claim['source'].startswith('https://'), claim['who']
