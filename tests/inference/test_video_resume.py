"A video's job that was killed and goes on writes the bytes of one that was never stopped"

import cv2
import numpy as np
import pytest
from skimage.data import astronaut
from fer_nb.core.detect import HaarDetector
from fer_nb.inference.video_writer import VideoWriter
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.summary import summary_dict
from fer_nb.inference.video import analyze_video


def shown(moment):
    "The astronaut and a smaller copy, each away for a while"
    face = astronaut()[:260, 90:330]
    image = np.full((240, 480, 3), 110, np.uint8)
    if not 20 <= moment < 45:
        x = 5 + moment % 30
        image[:, x : x + 220] = cv2.resize(face, (220, 240))
    if not 45 <= moment < 75:
        y = moment % 20
        image[40 + y : 204 + y, 300:450] = cv2.resize(face, (150, 164))
    return image


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    "A hundred frames that keep no even pace"
    path = tmp_path_factory.mktemp('video') / 'pace.mp4'
    pace = np.cumsum(np.random.default_rng(0).choice([0.03, 0.04, 0.4], 100, p=[0.45, 0.45, 0.1]))
    with VideoWriter(path, 25) as writer:
        for moment, time in enumerate(pace):
            writer.add(shown(moment), float(time))
    return path


@pytest.fixture(scope='module')
def recognizer():
    "With a detector that searches the same frame once, however often it is asked"
    haar, found = HaarDetector(max_side=320, min_size=40, min_score=2.0), {}

    def detector(image):
        key = image.tobytes()
        if key not in found:
            found[key] = haar(image)
        return found[key]

    return Recognizer.load(detector=detector, threads=1)


@pytest.mark.parametrize(
    'options',
    [
        {},
        {'detect_every': 3},
        {'every': 2, 'detect_every': 5},
        {'every': 3, 'start': 1.3},
    ],
    ids=str,
)
def test_a_resumed_table_is_byte_identical(video, recognizer, tmp_path, options):
    table = tmp_path / 'table.csv'
    straight = summary_dict(analyze_video(video, recognizer, table, **options))
    whole = table.read_bytes()
    assert len({line.split(b',')[2] for line in whole.splitlines()[1:]}) > 1  # faces come and go
    for cut in np.linspace(0, len(whole), 6).astype(int):
        table.write_bytes(whole[:cut])
        resumed = summary_dict(analyze_video(video, recognizer, table, resume=True, **options))
        assert table.read_bytes() == whole, f'cut at byte {cut} of {len(whole)}'
        assert resumed == straight


def test_a_table_that_was_changed_is_one_line(video, recognizer, tmp_path):
    table = tmp_path / 'table.csv'
    analyze_video(video, recognizer, table)
    head, first, *rest = table.read_text().splitlines(keepends=True)
    cells = first.split(',')
    table.write_text(head + ','.join([*cells[:3], 'left', *cells[4:]]) + ''.join(rest))
    with pytest.raises(OSError, match='was changed since it was written'):
        analyze_video(video, recognizer, table, resume=True)
