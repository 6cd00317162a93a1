"fer-nb data: what can be read is counted, what cannot is told"

import numpy as np
import pytest


def test_prepare_counts_faces_and_tells_what_is_left_out(run, classes):
    done = run('data', 'prepare', classes)
    assert done.status == 0, done.err
    assert '8 faces of 48×48 pixels; 1 left out' in done.out
    assert 'bad.png: is not a picture' in done.err


def test_prepare_keeps_faces_and_parts_as_arrays(job, noise, tmp_path):
    job('data', 'prepare', noise, '--out', tmp_path / 'again.npz')
    with np.load(tmp_path / 'again.npz') as kept, np.load(noise) as given:
        assert (kept['images'] == given['images']).all()


@pytest.mark.parametrize('crop', [False, True])
def test_faces_are_cropped_from_photos_where_that_is_asked_for(
    job, photos_by_class, tmp_path, crop
):
    option = ['--crop'] if crop else []
    words = ['data', 'prepare', photos_by_class, '--labels', 'fer2013', *option]
    job(*words, '--out', tmp_path / 'photos.npz')
    with np.load(tmp_path / 'photos.npz') as kept:
        image = kept['images'][0]
    # The lower half of the photo made small is dark clothes; of the face, mouth and chin
    assert (image[30:].std() > 20) or not crop


def test_report_writes_one_page(job, classes, tmp_path):
    job('data', 'report', classes, '--out', tmp_path / 'r.html')
    assert (tmp_path / 'r.html').stat().st_size > 20_000


def test_labels_that_the_classes_do_not_have(run, classes):
    assert run('data', 'prepare', classes.parent, '--labels', 'ferplus').status == 1


def test_a_source_that_is_not_there(one_line, tmp_path):
    one_line('data', 'prepare', tmp_path / 'none.csv', expect='is not there')


def test_a_file_that_is_no_data_set(one_line, notes_jpg):
    one_line('data', 'prepare', notes_jpg, expect='is no data set')


def test_a_folder_without_classes(one_line, classes):
    one_line('data', 'prepare', classes / 'joy', expect='one folder for each class')


def test_crop_is_for_pictures(one_line, noise):
    one_line('data', 'prepare', noise, '--crop', expect='are for folders and tables')


def test_fetch_tells_what_to_download_without_kaggle(one_line, tmp_path):
    words = ['data', 'fetch', 'fer2013', '--to', tmp_path / 'fer2013.csv']
    one_line(*words, expect='download fer2013.csv from')
