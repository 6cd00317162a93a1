"fer-nb explain: heat maps on photos, or a page about labeled faces"

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut


def test_the_face_is_colored_and_the_rest_stays(run, astronaut_png, dark_png, tmp_path):
    words = ['explain', 'mini_xception', astronaut_png, dark_png, '-d', 'haar']
    done = run(*words, '--out', tmp_path / 'heat')
    assert done.status == 0
    assert 'dark.png: no face found' in done.err
    saved = np.asarray(Image.open(Path(done.out.strip()))).astype(int)
    assert saved.shape == (512, 512, 3)
    assert np.abs(saved - astronaut())[68:196, 173:268].mean() > 5
    assert (saved[-60:] == astronaut()[-60:]).all()


def test_a_picture_that_is_cut_short(one_line, half_jpg, tmp_path):
    words = ['explain', 'mini_xception', half_jpg, '--out', tmp_path, '-d', 'haar']
    one_line(*words, status=2, expect='cut short or damaged')


@pytest.mark.parametrize(
    'words, expect',
    [
        (['a.jpg', '--label', 'bored', '-d', 'haar'], 'is not in fer2013'),
        (['--label', 'happy'], '--label has no effect on it'),
        (['a.jpg', '--split', 'test'], 'photos are explained, not data'),
    ],
)
def test_options_that_cannot_be_followed(one_line, words, expect):
    one_line('explain', 'mini_xception', *words, expect=expect)
