"Repeats and leaks are found, doubtful labels too, and the report is one page"

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_nb.core.files import DiskError
from fer_nb.core.labels import get_label_set
from fer_nb.data.audit import (
    NEAR,
    drop_leaks,
    label_doubt,
    leak_summary,
    leaks,
    plot_balance,
    plot_faces,
    plot_light,
    plot_means,
    plot_pairs,
    plot_samples,
    repeats,
    write_report,
)
from fer_nb.data.dataset import FaceDataset


def blurred_noise(rng):
    return cv2.GaussianBlur(rng.integers(0, 256, (48, 48), np.uint8), (0, 0), 4)


@pytest.fixture(scope='module')
def ds():
    "Six noises in training, the first again in validation, the second, a little lighter, in test"
    rng = np.random.default_rng(0)
    faces = [blurred_noise(rng) for _ in range(6)]
    return FaceDataset(
        images=np.stack([*faces, faces[0], cv2.add(faces[1], 9)]),
        labels=np.array([0, 1, 0, 1, 0, 1, 0, 0], np.uint8),
        split=np.array([0, 0, 0, 0, 0, 0, 1, 2], np.uint8),
        label_set=get_label_set(['sad', 'happy']),
        ids=np.arange(8),
    )


def test_exact_repeats_are_found_with_their_labels(ds):
    assert repeats(ds).values.tolist() == [[6, 'validation', 0, 'train', True]]


def test_faces_that_look_alike_are_repeats_too(ds):
    found = repeats(ds, near=NEAR)
    assert found[['row', 'first', 'same_label']].values.tolist() == [[6, 0, True], [7, 1, False]]


def test_leaks_into_validation_and_test(ds):
    found = leaks(ds)
    wanted = [[6, 0, True, True], [7, 1, False, False]]
    assert found[['row', 'twin', 'exact', 'same_label']].values.tolist() == wanted


def test_without_hashes_only_exact_leaks_are_found(ds):
    assert leaks(ds, near=0).row.tolist() == [6]


def test_training_alone_has_no_leaks(ds):
    assert len(leaks(ds.part('train'))) == 0


def test_leaks_are_counted_by_part(ds):
    table = leak_summary(leaks(ds))
    assert table.loc[['validation', 'test']].values.tolist() == [[1, 0, 0], [0, 1, 1]]


def test_leaks_are_dropped_from_training_only(ds):
    assert drop_leaks(ds).ids.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert drop_leaks(ds, near=NEAR).ids.tolist() == [2, 3, 4, 5, 6, 7]


def test_labels_that_the_crowd_contradicts(ds):
    labels = np.array([3, 4, 0], np.uint8)
    faces = replace(ds[:3], labels=labels, label_set=get_label_set('fer2013'))
    votes = np.zeros((3, 10), int)
    votes[0, 1] = 10  # happy, as its label says
    votes[1, [0, 3]] = 9, 1  # neutral, not sad
    votes[2, [7, 8]] = 8, 2  # contempt, not angry
    found = label_doubt(faces, votes)[['row', 'label', 'crowd']]
    assert found.values.tolist() == [[1, 'sad', 'neutral'], [2, 'angry', 'contempt']]


@pytest.mark.parametrize('plot', [plot_balance, plot_light, plot_means, plot_samples])
def test_a_plot_draws_on_the_axes_that_it_is_given(ds, plot):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert plot(ds, ax) is ax


def test_twins_stand_below_their_faces(ds):
    from matplotlib.figure import Figure

    ax = plot_pairs(ds, [(6, 0)], Figure().subplots())
    assert ax.images[0].get_array().shape == (96, 48)


def test_chosen_faces_have_a_line_each(ds):
    from matplotlib.figure import Figure

    fig = plot_faces(ds, [1, 3], ['sad, crowd: happy', 'b'], Figure())
    assert [ax.get_title() for ax in fig.axes] == ['sad, crowd: happy', 'b']


def test_the_report_escapes_what_files_are_called(ds, tmp_path):
    problems = [('line 3', '<b>no</b> pixels'), ('caf\udce9.png', 'no picture')]
    page = write_report(ds, problems, tmp_path / 'r.html').read_text()
    assert '&lt;b&gt;no' in page
    assert 'caf\\udce9.png' in page
    assert page.count('<figure>') == 5


def test_the_report_asks_no_other_host(ds, tmp_path):
    assert 'http' not in write_report(ds, [], tmp_path / 'r.html').read_text()


def test_a_report_that_cannot_be_written_is_said(ds):
    with pytest.raises(DiskError, match='choose another place'):
        write_report(ds, [], '/no/where/r.html')
