"fer-nb predict: photos in, a table, JSON, CSV or annotated pictures out"

import io
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from skimage.data import astronaut

from fer_nb.cli.predict import print_table
from fer_nb.core.labels import get_label_set
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.runtime import OnnxModel
from fer_nb.inference.views import TtaModel

# What is printed


def test_each_picture_gets_its_answer_and_one_that_is_none_costs_only_the_status(
    run, astronaut_png, dark_png, notes_jpg
):
    done = run('predict', astronaut_png, dark_png, notes_jpg, '-d', 'haar')
    assert done.status == 2
    assert 'happy' in done.out
    assert 'dark.png: no face found' in done.err
    assert 'notes.jpg is not a picture' in done.err


def test_json_has_an_object_for_each_face(job, astronaut_png, dark_png):
    (row,) = json.loads(job('predict', astronaut_png, dark_png, '-d', 'haar', '--json'))
    keys = {'box', 'confidence', 'file', 'flags', 'label', 'probabilities', 'score', 'sure'}
    assert set(row) == keys
    assert row['label'] == 'happy'


def test_json_of_a_picture_without_a_face_is_an_empty_list(run, dark_png):
    done = run('predict', dark_png, '-d', 'haar', '--json')
    assert (done.status, json.loads(done.out)) == (0, [])
    assert 'dark.png: no face found' in done.err


def test_csv_begins_with_the_names_of_its_columns(job, astronaut_png):
    header = job('predict', astronaut_png, '-d', 'haar', '--csv').splitlines()[0]
    first = ['file', 'x', 'y', 'w', 'h', 'score', 'label', 'confidence']
    assert header.split(',')[:8] == first


def test_whole_takes_the_picture_as_the_face_and_labels_choose_the_output(job, dark_png):
    words = ['predict', dark_png, '-d', 'whole', '--labels', 'ferplus', '--json']
    (row,) = json.loads(job(*words))
    assert row['box'] == [0, 0, 90, 90]
    assert len(row['probabilities']) == 8 and 'contempt' in row['probabilities']


def test_tta_answers_with_the_mean_of_two_views(job, astronaut_png):
    (once,) = json.loads(job('predict', astronaut_png, '-d', 'haar', '--json'))
    (twice,) = json.loads(job('predict', astronaut_png, '-d', 'haar', '--tta', '--json'))
    expected = Recognizer(TtaModel(OnnxModel()), 'haar')(astronaut())[0].confidence
    assert twice['confidence'] == pytest.approx(expected, abs=1e-3)
    assert abs(twice['confidence'] - once['confidence']) > 0.003


def test_an_answer_under_the_threshold_is_not_sure(job, astronaut_png):
    words = ['predict', astronaut_png, '-d', 'haar', '--threshold', '.999']
    assert 'not sure' in job(*words)
    (row,) = json.loads(job(*words, '--json'))
    assert (row['label'], row['sure'], row['flags']) == ('happy', False, [])


def test_annotated_pictures_are_saved_under_the_names_of_the_photos(
    job, tmp_path, astronaut_png, dark_png
):
    job('predict', astronaut_png, dark_png, '-d', 'haar', '--save-annotated', tmp_path / 'out')
    saved = sorted(path.name for path in (tmp_path / 'out').iterdir())
    assert saved == ['astronaut.png', 'dark.png']


# Tables on a screen


def printed(width):
    "The lines of a table of two faces"
    row = {
        'file': 'nbs/images/app.jpg',
        'box': [338, 352, 158, 158],
        'label': 'surprise',
        'confidence': 0.96,
        'sure': False,
        'flags': ['small'],
        'probabilities': {'surprise': 0.96, 'neutral': 0.01, 'sad': 0.03},
    }
    console = Console(
        width=width, height=25, file=io.StringIO(), force_jupyter=False, force_terminal=False
    )
    print_table([row, row], get_label_set('fer2013'), console)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize('width', [50, 60, 84, 130])
def test_a_table_is_no_wider_than_the_screen_and_nothing_is_cut(width):
    lines = printed(width)
    assert '…' not in ''.join(lines)
    assert all(len(line) <= width for line in lines if '/' not in line)
    answers = [line for line in lines if 'surprise' in line]
    assert answers and all('96%' in line and 'not sure, small' in line for line in answers)


@pytest.mark.parametrize('width, there', [(50, False), (60, False), (84, True), (130, True)])
def test_boxes_are_left_out_where_there_is_no_room(width, there):
    assert any('338 352' in line for line in printed(width)) == there


@pytest.mark.parametrize('width, beside', [(84, 0), (130, 1)])
def test_the_file_stands_beside_its_face_where_there_is_room(width, beside):
    lines = printed(width)
    assert sum('app.jpg' in line and 'surprise' in line for line in lines) == beside


# Names of files


def test_a_long_name_is_not_broken(job, tmp_path, astronaut_png):
    folder = tmp_path / ('long' * 20)
    folder.mkdir()
    shutil.copy(astronaut_png, folder / 'a.png')
    out = job('predict', astronaut_png, folder / 'a.png', '-d', 'haar')
    assert str(folder / 'a.png') in out.splitlines()
    assert out.count('happy') == 2


def test_brackets_in_a_name_are_no_markup(job, tmp_path, astronaut_png):
    (tmp_path / 'x[').mkdir()
    shutil.copy(astronaut_png, tmp_path / 'x[' / 'me[old].png')
    assert 'me[old].png' in job('predict', tmp_path / 'x[' / 'me[old].png', '-d', 'haar')


@pytest.mark.skipif(sys.platform != 'linux', reason='names are bytes on Linux only')
def test_a_name_that_is_not_utf8_is_escaped(process, tmp_path, astronaut_png):
    odd = os.path.join(os.fsencode(tmp_path), b'caf\xe9.png')
    shutil.copy(os.fsencode(astronaut_png), odd)
    strict = {'PYTHONIOENCODING': 'utf-8:strict'}
    done = process('predict', odd, '-d', 'haar', '--csv', env=strict)
    assert done.returncode == 0, done.stderr
    assert rb'caf\xe9.png' in done.stdout and b'happy' in done.stdout


@pytest.mark.parametrize('encoding', ['cp1252', 'latin-1:strict'])
def test_what_goes_into_a_file_is_utf8_on_any_system(process, tmp_path, dark_png, encoding):
    path = tmp_path / 'ünï 文.png'
    shutil.copy(dark_png, path)
    done = process('predict', path, '-d', 'whole', env={'PYTHONIOENCODING': encoding})
    assert done.returncode == 0, done.stderr
    assert 'ünï 文.png' in done.stdout.decode() and '😠 angry' in done.stdout.decode()


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='there is no /dev/full')
def test_a_full_disk_is_one_line(process, astronaut_png):
    with open('/dev/full', 'w') as full:
        done = process(
            'predict',
            astronaut_png,
            '-d',
            'whole',
            '--json',
            capture_output=False,
            stdout=full,
            stderr=-1,
        )
    assert (done.returncode, done.stderr) == (1, b'error: No space left on device\n')


# What cannot be read or does not fit is one line


def test_a_picture_that_is_cut_short(one_line, half_jpg):
    one_line('predict', half_jpg, '--json', status=2, expect='cut short or damaged')


def test_a_picture_that_is_too_long(one_line, tmp_path):
    Image.new('L', (20_000, 8)).save(tmp_path / 'wide.png')
    words = ['predict', tmp_path / 'wide.png', '-d', 'haar', '--json']
    one_line(*words, status=2, expect='make it smaller first')


def test_a_picture_that_is_not_there(one_line, tmp_path):
    words = ['predict', tmp_path / 'none.png', '-d', 'haar', '--json']
    one_line(*words, status=2, expect='does not exist; check the path')


def test_a_folder_without_a_picture(one_line, tmp_path):
    expect = 'holds no picture; give another folder, or add --recursive'
    one_line('predict', tmp_path, expect=expect)


@pytest.mark.parametrize(
    'words, expect',
    [
        (['-m', 'nobody'], "no model 'nobody'; choose"),
        (['-d', 'eyes'], "no detector 'eyes'; choose auto, yunet, haar or whole"),
        (['-l', 'klingon'], "no language 'klingon'; choose en, es"),
        (['--labels', 'ferplus', '-m', 'mini_xception', '-d', 'haar'], 'ferplus'),
        (['--json', '--csv'], 'not both'),
        (['--save-annotated', '/proc/x'], 'choose another folder'),
        (['--resume'], 'are for tables'),
        (['--icons', '.', '-l', 'es'], 'nothing is drawn, and --icons and --language have'),
        (['--json', '--tta', '--out', 't.csv'], '--json and --tta have no effect on it'),
    ],
)
def test_options_that_cannot_be_followed(one_line, half_jpg, words, expect):
    one_line('predict', half_jpg, *words, expect=expect)


def test_icons_that_are_named_after_no_label(one_line, half_jpg, tmp_path):
    words = ['--icons', tmp_path, '-d', 'haar', '--save-annotated', tmp_path / 'out']
    one_line('predict', half_jpg, *words, expect='holds no PNG named after a label')


def test_a_file_where_the_folder_for_pictures_should_be(one_line, half_jpg):
    words = ['predict', half_jpg, '--save-annotated', half_jpg]
    one_line(*words, expect='is a file; give a folder')


def test_a_language_in_the_environment_that_we_do_not_know(one_line, half_jpg, monkeypatch):
    monkeypatch.setenv('FER_NB_LANGUAGE', 'klingon')
    one_line('predict', half_jpg, expect='FER_NB_LANGUAGE names no language')


# Folders and tables


def test_a_folder_is_the_pictures_in_it(run, tmp_path, astronaut_png):
    shutil.copy(astronaut_png, tmp_path / 'a.png')
    (tmp_path / 'b.png').write_text('no photo')
    (tmp_path / 'c.NEF').write_text('raw')
    done = run('predict', tmp_path, '-d', 'haar', '--csv')
    assert (done.status, len(done.out.splitlines())) == (2, 2)
    assert 'b.png is not a picture' in done.err
    assert 'note: passed over in' in done.err
    assert ': 1 .nef; convert to JPEG first' in done.err


def test_a_table_has_a_row_for_each_face_and_failure(run, tmp_path, astronaut_png):
    words = ['predict', tmp_path / 'none.png', astronaut_png, '-d', 'haar']
    done = run(*words, '-o', tmp_path / 't.csv')
    assert done.status == 2
    assert '2 pictures, 1 faces' in done.out and '1 that could not be read' in done.out
    assert len((tmp_path / 't.csv').read_text().splitlines()) == 3


def test_resume_mends_a_table_that_was_cut_in_the_middle_of_a_row(
    run, tmp_path, classes, astronaut_png, dark_png
):
    table = tmp_path / 'all.csv'
    words = ['predict', astronaut_png, classes, dark_png, '-r', '-o', table, '-d', 'haar']
    done = run(*words)
    assert done.status == 2 and '11 pictures' in done.out
    assert '1 that could not be read' in done.out
    whole = table.read_text()
    table.write_text(whole[: len(whole) // 2])
    done = run(*words, '--resume')
    assert (done.status, table.read_text()) == (2, whole)
    assert '11 pictures' in done.out


def test_a_dask_scheduler_that_does_not_answer(one_line, tmp_path, astronaut_png):
    words = ['-o', tmp_path / 'x.csv', '-d', 'haar', '--dask', 'tcp://127.0.0.1:9']
    one_line('predict', astronaut_png, *words, expect='no Dask scheduler answers')


def test_saved_pictures_differ_from_the_photo(job, tmp_path, astronaut_png):
    job('predict', astronaut_png, '-d', 'haar', '--save-annotated', tmp_path)
    saved = np.asarray(Image.open(tmp_path / 'astronaut.png'))
    assert saved.shape == (512, 512, 3) and (saved != astronaut()).any()
