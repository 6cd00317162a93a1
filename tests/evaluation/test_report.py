"The page of an evaluation"

import re
from dataclasses import replace
from types import SimpleNamespace
import numpy as np
import pytest
from fer_nb.core.labels import get_label_set
from fer_nb.evaluation.report import Evaluation, claims_section, mistakes_section, write_html
from fer_nb.inference.runtime import OnnxModel


@pytest.fixture(scope='module')
def evaluation(model, noise):
    return Evaluation.run(model, [noise])


@pytest.fixture(scope='module')
def page(evaluation, tmp_path_factory):
    path = tmp_path_factory.mktemp('report') / 'report.html'
    return write_html(evaluation, path).read_text()


def test_every_section_is_made(page):
    assert page.count('<section') == 8
    assert 'could not be made' not in page
    assert page.count('class="tip"') > 100


def test_the_page_fetches_nothing(page):
    addresses = re.findall(r'src="([^"]+)"', page)
    assert all(address.startswith('data:') for address in addresses)
    assert '@import' not in page
    assert 'url(http' not in page


def test_a_class_without_faces_is_named(evaluation, page):
    assert evaluation.figures['without_samples'] == ['neutral']
    assert 'labeled neutral: such a class has no recall' in page


def test_a_single_class_makes_a_whole_page(model, noise, tmp_path):
    one = replace(noise, labels=np.zeros(18, np.uint8))
    page = write_html(Evaluation.run(model, [one]), tmp_path / 'report.html').read_text()
    assert 'could not be made' not in page
    assert 'no curve' in page


def test_data_without_training_show_no_twins(model, noise):
    test_only = replace(noise, split=np.full(18, 2, np.uint8))
    evaluation = Evaluation.run(model, [test_only], 'test')
    assert 'nearest in training' not in mistakes_section(evaluation)


def test_a_split_without_rows_is_refused(model, noise):
    test_only = replace(noise, split=np.full(18, 2, np.uint8))
    with pytest.raises(ValueError, match="no rows in the split 'validation'"):
        Evaluation.run(model, [test_only], 'validation')


def test_what_could_not_be_measured_says_why(evaluation, tmp_path):
    failed = {'error': 'the model gave <NaN>'}
    broken = replace(
        evaluation, full={'tta': failed, 'robustness': [], 'end_to_end': {'error': 'no detector'}}
    )
    page = write_html(broken, tmp_path / 'report.html').read_text()
    assert 'the model gave &lt;NaN&gt;.' in page
    assert page.count('class="gap">This part could not be made') == 3


def test_the_full_report_has_every_section(noise, tmp_path):
    model = OnnxModel('fernet-small')
    crowd = replace(noise, label_set=get_label_set('ferplus'), name='crowd')
    evaluation = Evaluation.run(model, [noise, crowd])
    shares = {'accuracy': 0.45, 'accuracy_found': 0.5, 'ready_crops': 0.6}
    views = {'views': 'none', 'n_views': 1, 'gain': 0.0, 'ece': 0.1, 'ms_per_face': 0.3}
    blur = {'unit': 'pixels', 'n': 2, 'accuracy': 0.5}
    evaluation.full = {
        'tta': [views | {'accuracy': 0.5}],
        'robustness': [
            {'corruption': 'none', 'strength': 0, 'level': 0, **blur},
            {'corruption': 'blur', 'strength': 1.5, 'level': 1, **blur},
        ],
        'end_to_end': [
            {'detector': 'haar', 'size': 16, 'found': 0.0, **shares, 'accuracy_found': None},
            {'detector': 'haar', 'size': 48, 'found': 0.9, **shares},
        ],
    }
    page = write_html(evaluation, tmp_path / 'report.html').read_text()
    assert 'could not be made' not in page
    assert 'ferplus: 6 faces of crowd' in page
    assert '+0.0 points' in page
    assert '2 faces, drawn once' in page
    assert '<td>90.0%</td>' in page


def test_claims_are_not_set_beside_figures_of_other_faces(evaluation, monkeypatch):
    own = {'dataset': 'mine', 'split': 'test', 'accuracy': 0.9712}
    monkeypatch.setattr('fer_nb.evaluation.report.read_metrics', lambda folder: own)
    section = claims_section(evaluation)
    assert '97.1' not in section
    assert 'on which mini_xception was not measured' in section


def test_a_folder_without_history_says_so(folder, noise, tmp_path):
    from fer_nb.evaluation.report import training_section

    untrained = SimpleNamespace(model=SimpleNamespace(folder=folder))
    assert 'no history.csv' in training_section(untrained)
