"analyze_video: what it refuses, what it keeps, and what one bad frame costs"

import math
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from fer_nb.core.detect import Face
from fer_nb.core.errors import FerError
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.summary import summary_dict, summary_lines
from fer_nb.inference.tables import part_path, read_table
from fer_nb.inference.video import analyze_video
from fer_nb.inference.video_io import VideoError
from fer_nb.inference.video_writer import VideoWriter
from skimage.data import astronaut

PHOTO = astronaut()[:240, 100:420]
FACE = Face((90, 30, 120, 150), 1.0)
MINE = 'my,old\n1,2\n'


def write(path, times, fps=20):
    with VideoWriter(path, fps) as writer:
        for at in times:
            writer.add(PHOTO, at)
    return path


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    "Forty frames in two seconds"
    return write(tmp_path_factory.mktemp('video') / 'pan.mp4', np.arange(40) / 20)


@pytest.fixture(scope='module')
def recognizer():
    "One face in every frame, without a search"
    return Recognizer.load(detector=lambda image: [FACE], threads=1)


def cut(table):
    "Leave the first half of a table; give all that was there"
    whole = table.read_bytes()
    table.write_bytes(whole[: len(whole) // 2])
    return whole


# -- a run that goes on

KILLED = '''
import sys
import threading
from fer_nb.core.detect import Face
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.video import analyze_video

searches = []


def stopping(image):
    searches.append(image.shape)
    if len(searches) == 12:
        threading.Event().wait()
    return [Face((90, 30, 120, 150), 1.0)]


stopping.name = 'function'
recognizer = Recognizer.load(detector=stopping, threads=1)
analyze_video(sys.argv[1], recognizer, sys.argv[2], detect_every=3)
'''


def test_a_run_that_was_killed_ends_as_one_that_was_not(video, recognizer, tmp_path):
    killed, straight = tmp_path / 'killed.parquet', tmp_path / 'straight.parquet'
    child = subprocess.Popen([sys.executable, '-c', KILLED, video, killed])
    while not part_path(killed).exists() or part_path(killed).stat().st_size < 3000:
        assert child.poll() is None, 'ended before it was killed'
        time.sleep(0.02)
    child.kill()
    child.wait()
    rows = len(read_table(killed))
    resumed = analyze_video(video, recognizer, killed, detect_every=3, resume=True)
    summary = analyze_video(video, recognizer, straight, detect_every=3)
    assert 0 < rows < 40
    assert read_table(killed).equals(read_table(straight))
    assert not part_path(killed).exists()
    assert summary_dict(resumed) == summary_dict(summary)
    with pytest.raises(FerError, match='is finished'):
        analyze_video(video, recognizer, killed, resume=True)


def test_the_frames_of_a_stopped_run_are_counted_once(video, recognizer, tmp_path):
    table = tmp_path / 't.csv'
    straight = analyze_video(video, recognizer, table, every=3, start=0.55)
    cut(table)
    resumed = analyze_video(video, recognizer, table, every=3, start=0.55, resume=True)
    assert resumed.frames == straight.frames


def test_a_video_that_keeps_no_pace_is_resumed(recognizer, tmp_path):
    times = [*np.arange(10) * 2.0, *(20 + np.arange(30) / 30)]
    path, table = write(tmp_path / 'uneven.mp4', times, fps=30), tmp_path / 't.csv'
    straight = analyze_video(path, recognizer, table, start=5.0)
    assert (straight.frames, straight.with_face, list(straight.faces)) == (37, 37, [1])
    whole = cut(table)
    resumed = analyze_video(path, recognizer, table, start=5.0, resume=True)
    assert summary_dict(resumed) == summary_dict(straight)
    assert table.read_bytes() == whole


def test_a_finished_table_has_nothing_left(video, recognizer, tmp_path):
    table = tmp_path / 't.csv'
    analyze_video(video, recognizer, table)
    assert analyze_video(video, recognizer, table, resume=True).frames == 40
    assert read_table(table)['frame'].tolist() == list(range(40))


@pytest.mark.parametrize(
    'other, message',
    [
        ({'every': 2}, 'begun with every 3, not 2'),
        ({'start': 1.0}, 'begun with from 0.5, not 1.0'),
        ({'smooth': 0}, 'begun with smooth'),
    ],
    ids=['every', 'start', 'smooth'],
)
def test_other_settings_do_not_go_on(video, recognizer, tmp_path, other, message):
    options = {'every': 3, 'start': 0.5}
    analyze_video(video, recognizer, tmp_path / 't.csv', **options)
    with pytest.raises(FerError, match=message):
        analyze_video(video, recognizer, tmp_path / 't.csv', resume=True, **(options | other))


def test_another_video_or_model_does_not_go_on(video, recognizer, tmp_path):
    table = tmp_path / 't.csv'
    analyze_video(video, recognizer, table)
    other = write(tmp_path / 'other.mp4', [0, 1])
    with pytest.raises(FerError, match='begun with video'):
        analyze_video(other, recognizer, table, resume=True)
    xception = Recognizer.load('mini_xception', recognizer.detector)
    with pytest.raises(FerError, match='begun with model fernet-small, not mini_xception'):
        analyze_video(video, xception, table, resume=True)


# -- what is refused costs nothing


@pytest.mark.parametrize(
    'options, message',
    [
        ({'annotated': 'no/x.mp4'}, 'there is no folder'),
        ({'annotated': 'x.avi'}, 'no known ending'),
        ({'annotated': '.'}, 'no known ending'),
        ({'start': 99.0}, 'begin before that'),
        ({'start': math.nan}, 'begins at 0 seconds or later'),
        ({'start': 3, 'end': 2}, 'the earlier first'),
        ({'smooth': -1}, 'smooth is -1'),
        ({'every': 0}, 'from 1'),
        ({'resume': True, 'annotated': 'x.mp4'}, 'only a table'),
    ],
    ids=str,
)
def test_a_wrong_setting_costs_nothing(video, recognizer, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    table = tmp_path / 'mine.csv'
    table.write_text(MINE)
    with pytest.raises(FerError, match=message):
        analyze_video(video, recognizer, table, **options)
    assert table.read_text() == MINE


def test_a_video_that_cannot_be_read_costs_nothing(recognizer, tmp_path):
    table = tmp_path / 'mine.csv'
    table.write_text(MINE)
    (tmp_path / 'zeros.ts').write_bytes(bytes(9000))
    with pytest.raises(VideoError):
        analyze_video(tmp_path / 'zeros.ts', recognizer, table)
    with pytest.raises(VideoError, match='does not exist'):
        analyze_video(tmp_path / 'none.mp4', recognizer, table)
    assert table.read_text() == MINE


class Empty:
    "A video that opens and holds no frame"

    live = once = False
    fps, count, ends, name = 10.0, 30, 3.0, 'empty.mp4'
    passed = broken = damaged = jumps = 0
    sizes = frozenset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def frames(self, *_, **__):
        raise VideoError('holds no frame')
        yield


def test_a_video_without_frames_costs_nothing(recognizer, tmp_path):
    table, annotated = tmp_path / 'mine.csv', tmp_path / 'mine.mp4'
    table.write_text(MINE)
    annotated.write_bytes(b'mine')
    with pytest.raises(VideoError, match='holds no frame'):
        analyze_video(Empty(), recognizer, table, annotated)
    assert (table.read_text(), annotated.read_bytes()) == (MINE, b'mine')


def test_a_video_is_not_written_over_itself(video, recognizer):
    before = video.read_bytes()
    with pytest.raises(VideoError, match='is the video itself'):
        analyze_video(video, recognizer, annotated=video)
    assert video.read_bytes() == before


def test_resume_without_a_table_is_refused(video, recognizer):
    with pytest.raises(VideoError, match='only a table'):
        analyze_video(video, recognizer, resume=True)


def test_a_table_in_no_folder_is_refused(video, recognizer, tmp_path):
    with pytest.raises(FerError, match='there is no folder'):
        analyze_video(video, recognizer, tmp_path / 'no/x.csv')


# -- parts


def test_a_part_of_a_video(video, recognizer, tmp_path):
    table = tmp_path / 't.csv'
    part = {'every': 3, 'detect_every': 2, 'start': 0.5, 'end': 1.5}
    summary = analyze_video(video, recognizer, table, **part)
    assert read_table(table)['frame'].tolist() == [12, 15, 18, 21, 24, 27, 30]
    assert summary.frames == 7
    assert summary_lines(summary)[0].startswith('7 frames, 0.5 to 1.5 s')


@pytest.mark.parametrize('ending', ['mp4', 'mkv', 'webm'])
def test_an_annotated_part_begins_at_its_beginning(video, recognizer, tmp_path, ending):
    path = tmp_path / f'part.{ending}'
    analyze_video(video, recognizer, annotated=path, start=1.0, end=1.5)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).time == pytest.approx(0, abs=0.11)
        assert container.duration / 1e6 == pytest.approx(0.6, abs=0.11)


def test_smoothing_of_no_seconds_is_the_raw_answer(video, recognizer, tmp_path):
    analyze_video(video, recognizer, tmp_path / 't.csv', smooth=0)
    rows = read_table(tmp_path / 't.csv')
    assert np.allclose(rows['smooth_happy'], rows['happy'], atol=1e-6)


# -- frames without an answer


def test_a_video_without_faces_is_an_empty_table(video, tmp_path):
    blind = Recognizer.load(detector=lambda image: [], threads=1)
    summary = analyze_video(video, blind, tmp_path / 't.csv')
    assert (summary.frames, summary.with_face) == (40, 0)
    assert len(read_table(tmp_path / 't.csv')) == 0


def test_a_frame_that_breaks_the_detector_is_a_counted_problem(video):
    searched = []

    def detector(image):
        searched.append(image.shape)
        if len(searched) == 8:
            raise ValueError('no')
        return [FACE]

    summary = analyze_video(video, Recognizer.load(detector=detector, threads=1))
    assert summary.problems == {'frames that could not be looked at (ValueError: no)': 1}
    assert summary.with_face == 39


# -- the machine


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='no /dev/full here')
def test_a_full_disk_is_one_line(video, recognizer, tmp_path):
    (tmp_path / 'full.mkv').symlink_to('/dev/full')
    with pytest.raises(FerError, match='the disk is full'):
        analyze_video(video, recognizer, annotated=tmp_path / 'full.mkv')


def test_no_thread_stays_behind(video, recognizer, tmp_path):
    before = set(threading.enumerate())
    analyze_video(video, recognizer, tmp_path / 't.csv', tmp_path / 'a.mp4')
    left = [t for t in threading.enumerate() if t not in before]
    assert [t for t in left if 'onitor' not in type(t).__name__] == []  # tqdm's own stays


def test_nothing_heavy_is_imported():
    heavy = ('tensorflow', 'keras', 'pandas', 'matplotlib', 'pyarrow')
    code = f'import sys, fer_nb.inference.video; print([m for m in {heavy} if m in sys.modules])'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'
