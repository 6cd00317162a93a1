"fer-nb evaluate, calibrate, record and card, on faces of noise"

import json
from dataclasses import replace

import numpy as np
import pytest

from fer_nb.core.model_folder import FACES_FILE, load_spec, save_spec
from fer_nb.data.dataset import face_marks
from fer_nb.data.fer2013 import VOTE_COLUMNS

pytest.importorskip('sklearn')


def figures_in(folder):
    return json.loads((folder / 'metrics.json').read_text())


# evaluate


def test_a_folder_of_some_classes_can_be_evaluated(job, classes):
    words = ['evaluate', 'mini_xception', '--data', classes, '--no-report']
    assert len(json.loads(job(*words))['without_samples']) == 5  # of seven classes, it has two


def test_a_page_is_written_where_one_is_wanted(job, noise, tmp_path):
    job('evaluate', 'mini_xception', '--data', noise, '--report', tmp_path / 'e.html')
    assert (tmp_path / 'e.html').stat().st_size > 20_000


@pytest.mark.parametrize(
    'words, expect',
    [
        (['--data', 'no/fer2013.csv'], 'download fer2013.csv from'),
        (['--data', 'none.csv'], 'none.csv is not there; check the path'),
        (['--no-report', '--report', 'x.html'], '--no-report writes no page'),
        (['--report', 'no/e.html'], 'there is no folder'),
    ],
)
def test_options_that_cannot_be_followed(one_line, words, expect):
    one_line('evaluate', 'mini_xception', *words, expect=expect)


def test_a_file_that_is_no_data_set(one_line, notes_jpg):
    words = ['evaluate', 'mini_xception', '--data', notes_jpg]
    one_line(*words, expect='it should begin with emotion,pixels,Usage')


def test_labels_that_the_model_does_not_know(one_line, other_npz):
    words = ['evaluate', 'mini_xception', '--data', other_npz]
    one_line(*words, expect='but the data are labeled tired, awake')


def test_crop_is_for_pictures(one_line, other_npz):
    words = ['evaluate', 'mini_xception', '--data', other_npz, '--crop']
    one_line(*words, expect='are for folders and tables')


def test_votes_belong_to_fer2013(one_line, noise):
    words = ['evaluate', 'mini_xception', '--data', noise, '--votes', noise]
    one_line(*words, expect='the votes of FER+ belong to fer2013.csv')


def test_votes_evaluate_the_second_output(job, noise, tmp_path):
    "Ten of the test faces are of no face, as ten people said"
    with np.load(noise) as arrays:
        np.savez(tmp_path / 'rows.npz', **arrays, ids=np.arange(90))
    happy = '0,10,0,0,0,0,0,0,0,0\n' * 80
    no_face = '0,0,0,0,0,0,0,0,0,10\n' * 10
    (tmp_path / 'votes.csv').write_text(','.join(VOTE_COLUMNS) + '\n' + happy + no_face)
    words = ['--data', tmp_path / 'rows.npz', '--votes', tmp_path / 'votes.csv']
    out = job('evaluate', 'fernet-small', *words, '--split', 'test', '--no-report')
    both = json.loads(out)
    ferplus = both['outputs']['ferplus']
    assert (both['n'], ferplus['n'], ferplus['per_class']['happy']['support']) == (30, 20, 20)


def test_names_of_arrays_may_be_in_another_order(job, copied, noise, tmp_path):
    ours = load_spec(copied).outputs['fer2013']
    theirs = sorted(ours)
    with np.load(noise) as loaded:
        arrays = dict(loaded)
    labels = np.array([theirs.index(ours[label]) for label in arrays['labels']])
    np.savez(tmp_path / 'sorted.npz', **{**arrays, 'labels': labels, 'names': theirs})
    matrices = [
        json.loads(job('evaluate', copied, '--data', data, '--no-report'))['confusion_matrix']
        for data in (noise, tmp_path / 'sorted.npz')
    ]
    assert matrices[0] == matrices[1]


def test_faces_that_the_model_learned_from_are_told(run, copied, noise):
    with np.load(noise) as arrays:
        marks = face_marks(arrays['images'][:40])  # 30 of training, 10 of validation
    (copied / FACES_FILE).write_text(json.dumps({'learned': marks}))
    done = run('evaluate', copied, '--data', noise, '--no-report')
    assert done.status == 0
    assert '10 of the 60 faces' in done.err and 'mini_xception learned from' in done.err


# calibrate


def test_calibrate_keeps_the_temperature_and_warns_of_few_faces(run, copied, noise):
    done = run('calibrate', copied, '--data', noise)
    fitted = json.loads(done.out)['fer2013']
    assert fitted['n'] == 30
    assert load_spec(copied).temperature['fer2013'] == fitted['temperature']
    assert 'was fitted on 30 faces' in done.err


def test_calibrate_needs_data(one_line):
    words = ['calibrate', 'mini_xception', '--data', 'none.csv']
    one_line(*words, expect='none.csv is not there; check the path')


# record and card


@pytest.fixture
def recorded(job, copied, noise):
    "A copy of a model with figures of noise"
    job('record', copied, '--data', noise)
    return copied


def test_record_writes_figures_of_every_part_and_the_command(recorded, noise):
    written = figures_in(recorded)
    assert (written['n'], written['split'], written['validation']['n']) == (30, 'test', 30)
    # of this folder, not of the model of that name
    assert written['command'] == f'fer-nb record {recorded} --data {noise}'


def test_the_card_says_what_was_recorded(job, recorded):
    job('card', recorded)
    accuracy = figures_in(recorded)['accuracy']
    assert f'{accuracy:.1%}' in (recorded / 'README.md').read_text()


def test_times_are_kept_where_that_is_asked_for(job, recorded, noise):
    before = figures_in(recorded)
    slow = {**before, 'accuracy': 9, 'speed': {'ms_one_face': 77}}
    (recorded / 'metrics.json').write_text(json.dumps(slow))
    job('record', recorded, '--data', noise, '--keep-times')
    after = figures_in(recorded)
    assert after['speed'] == {'ms_one_face': 77}
    assert after['accuracy'] == before['accuracy']
    assert after['command'].endswith('--keep-times')


def test_times_of_other_layers_are_not_kept(one_line, recorded, noise):
    other = {**figures_in(recorded), 'parameters': 5}
    (recorded / 'metrics.json').write_text(json.dumps(other))
    words = ['record', recorded, '--data', noise, '--keep-times']
    one_line(*words, expect='holds no times of the same layers')


def test_figures_of_full_are_kept_as_long_as_they_hold(run, job, recorded, noise):
    full = {'tta': {'error': 'x'}}
    before = figures_in(recorded)
    (recorded / 'metrics.json').write_text(json.dumps({**before, 'full': full}))
    job('record', recorded, '--data', noise)
    after = figures_in(recorded)
    assert after['full'] == full and after['command'].endswith('--full')
    save_spec(replace(load_spec(recorded), temperature={'fer2013': 2.0}), recorded)
    done = run('record', recorded, '--data', noise)
    assert done.status == 0 and 'add --full' in done.err
    after = figures_in(recorded)
    assert 'full' not in after and '--full' not in after['command']
    assert after['ece'] != before['ece']


def test_no_card_is_written_of_figures_at_other_temperatures(one_line, recorded):
    save_spec(replace(load_spec(recorded), temperature={'fer2013': 2.0}), recorded)
    one_line('card', recorded, expect='at other temperatures than model.json')
