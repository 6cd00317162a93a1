"Heat maps over a data set"

from types import SimpleNamespace
import numpy as np
import pytest
from fer_nb.core.preprocess import faces_input
from fer_nb.evaluation.class_heatmaps import heat_maps, mean_heat, plot_gallery, plot_mean_heat


@pytest.fixture
def faces(model, noise):
    return faces_input(noise.images, model.spec.preprocess)


@pytest.fixture
def two_classes(noise):
    "Angry and happy faces only"
    return noise[np.isin(noise.labels, [0, 3])]


def test_a_file_without_maps_is_explained_by_occlusion(model, faces):
    no_maps = SimpleNamespace(name='no maps', spec=model.spec, logits=model.logits)
    assert heat_maps(no_maps, faces[:1], ['happy']).shape == (1, 48, 48)


def test_no_faces_have_no_maps(model, faces):
    assert heat_maps(model, faces[:0], []).shape == (0, 48, 48)


def test_a_class_without_faces_is_an_empty_panel(model, two_classes):
    means = mean_heat(model, two_classes, 4)
    assert [name for name, pair in means.items() if pair] == ['angry', 'happy']
    assert means['happy'][1].shape == (48, 48)
    texts = [text.get_text() for ax in plot_mean_heat(means).axes for text in ax.texts]
    assert texts == ['no face'] * 5


def test_the_gallery_has_a_row_for_each_class(model, two_classes):
    fig = plot_gallery(model, two_classes, 3)
    assert sum(len(ax.images) for ax in fig.axes) == 6
    assert len(fig.axes) == 21
