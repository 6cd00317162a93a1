"fer-nb train: what does not fit is told before TensorFlow is loaded"

from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from typer.testing import CliRunner

from fer_nb.cli.main import app
from fer_nb.cli.train import read_faces
from fer_nb.core.errors import FerError
from fer_nb.core.model_folder import load_spec
from fer_nb.core.models import find_model


@pytest.mark.parametrize(
    'words, expect',
    [
        (['--config', 'none.json'], 'is not there'),
        ([], 'give --config FILE to repeat a run, or --from MODEL'),
        (['--from', 'nobody', '--data', '.'], "no model 'nobody'"),
        (['--config', 't.json', '--epochs', '5'], '--epochs has no effect on it'),
    ],
)
def test_options_that_cannot_be_followed(one_line, tmp_path, words, expect):
    one_line('train', *words, '--out', tmp_path / 'run', expect=expect)


class AskedFor(Exception):
    "We know what was asked for, and need not train"


@pytest.mark.parametrize('crop', [False, True])
def test_train_crops_faces_where_that_is_asked_for(photos_by_class, tmp_path, crop):
    words = ['train', '--from', 'mini_xception', '--data', str(photos_by_class)]
    words += ['--out', str(tmp_path / 'run'), *(['--crop'] if crop else [])]
    settings = SimpleNamespace(labels=None, preprocess=None)
    with (
        patch('fer_nb.cli.train.need'),
        patch('fer_nb.cli.train._settings', return_value=settings),
        patch('fer_nb.cli.train.load_faces', side_effect=AskedFor) as load,
    ):
        CliRunner().invoke(app, words)
    assert load.call_args[0][4] == crop


def test_a_photo_is_made_small_or_the_face_in_it_is_cropped(photos_by_class):
    preprocess = load_spec(find_model('mini_xception')).preprocess
    whole, face = (
        read_faces(photos_by_class, 'fer2013', preprocess, None, crop)[0].images[0]
        for crop in (False, True)
    )
    assert whole.shape == face.shape == (48, 48)
    assert face[30:].std() > 20
    assert np.abs(whole.astype(int) - face).mean() > 30


def test_labels_of_ferplus_need_the_votes(tmp_path):
    (tmp_path / 'fer2013.csv').write_text('emotion,pixels,Usage\n')
    with pytest.raises(FerError, match='give them with --votes fer2013new.csv'):
        read_faces(tmp_path / 'fer2013.csv', 'ferplus', None, None)
