"fer-nb video: a video, a camera or a folder of videos in, a table and a summary out"

import numpy as np
import pytest
from skimage.data import astronaut

from fer_nb.inference.tables import read_table
from fer_nb.inference.video_io import open_video
from fer_nb.inference.video_writer import VideoWriter


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    "Two seconds of a face that moves to the right"
    path = tmp_path_factory.mktemp('videos') / 'video.mp4'
    with VideoWriter(path, 10) as writer:
        for n in range(20):
            writer.add(np.roll(astronaut()[:300], 3 * n, axis=1))
    return path


@pytest.fixture
def folder(tmp_path, video):
    "A folder with that video"
    folder = tmp_path / 'videos'
    folder.mkdir()
    (folder / 'video.mp4').write_bytes(video.read_bytes())
    return folder


def test_table_summary_and_annotated_video_are_written(job, video, tmp_path):
    table, summary, drawn = tmp_path / 't.csv', tmp_path / 'what', tmp_path / 'drawn.mp4'
    words = ['-o', table, '--summary', summary, '--save-annotated', drawn]
    out = job('video', video, *words, '-d', 'haar', '--max-side', 320)
    assert out.startswith('20 frames')
    assert len(table.read_text().splitlines()) > 20
    written = sorted(path.name for path in summary.iterdir())
    assert written == ['moments.png', 'summary.json', 'timeline.png']
    assert drawn.stat().st_size > 5000


def test_resume_refuses_a_table_that_was_begun_in_another_way(job, one_line, video, tmp_path):
    words = ['video', video, '-o', tmp_path / 't.csv', '-d', 'haar', '--to', '.5']
    job(*words, '--max-side', 320)
    job(*words, '--max-side', 320, '--resume')
    one_line(*words, '--resume', expect='was begun with max_side 320, not 640')


def test_a_part_at_a_pace_of_its_own(job, video, tmp_path):
    words = ['--from', '.5', '--to', '1.5', '--every', '2', '--detect-every', '2', '--smooth', '0']
    drawn = ['--save-annotated', tmp_path / 'part.mp4', '--threshold', '.99', '--language', 'es']
    job('video', video, '-d', 'haar', '-o', tmp_path / 't.csv', *words, *drawn)
    table = read_table(tmp_path / 't.csv')
    assert table['frame'].tolist() == [6, 8, 10, 12, 14]
    # a face that was followed and not searched has no score
    assert table['score'].isna().tolist() == [False, False, True, False, True]
    assert table['smooth_happy'].tolist() == pytest.approx(table['happy'].tolist(), abs=1e-6)
    with open_video(tmp_path / 'part.mp4') as part:
        times = [frame.time for frame in part.frames()]
    assert times == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=0.01)


def test_a_file_in_place_of_the_summary_is_told_before_the_work(run, video, notes_jpg):
    done = run('video', video, '--summary', notes_jpg, '-d', 'haar')
    assert (done.status, done.out) == (1, '')
    assert 'is a file; give a folder' in done.err


@pytest.mark.parametrize(
    'words, expect',
    [
        (['--every', '0'], 'count frames, from 1'),
        (['-o', '/proc/x.csv'], 'cannot be written'),
        (['--resume'], 'only a table can be'),
        (['--max-side', '20'], 'at least 64 pixels a side'),
        (
            ['-l', 'es', '--threshold', '.5'],
            'no words are drawn, and --threshold and --language have no effect',
        ),
        (['--dask', 'tcp://127.0.0.1:9'], 'one video is read by one machine'),
    ],
)
def test_options_that_cannot_be_followed(one_line, video, words, expect):
    one_line('video', video, '-d', 'haar', *words, expect=expect)


def test_a_file_that_is_no_video(one_line, tmp_path):
    (tmp_path / 'notes.mp4').write_text('no video')
    words = ['video', tmp_path / 'notes.mp4', '-d', 'haar']
    one_line(*words, expect='is not a video that can be read')


def test_a_video_that_is_not_there(one_line, tmp_path):
    one_line('video', tmp_path / 'none.mp4', '-d', 'haar', expect='does not exist; check the path')


def test_a_camera_that_is_not_there(one_line):
    one_line('video', 'camera:9', '-d', 'haar', expect='camera 9')


def test_a_folder_gives_a_table_for_each_video(run, folder, tmp_path):
    (folder / 'bad.mp4').write_text('no video')
    done = run('video', folder, '-o', tmp_path / 'tables', '-d', 'haar', '--every', '5')
    assert done.status == 2
    assert 'video.mp4.csv: 4 frames' in done.out
    assert 'bad.mp4 is not a video' in done.err


def test_a_video_that_has_its_table_is_left_out(job, one_line, folder, tmp_path):
    words = ['video', folder, '-o', tmp_path / 'tables', '-d', 'haar', '--every']
    job(*words, '5')
    one_line(*words, '9', status=0, expect='left out: 1 of 1 videos')


def test_a_folder_needs_a_place_for_its_tables(one_line, folder):
    one_line('video', folder, '-d', 'haar', expect='say with --out')


def test_a_folder_has_no_summary(one_line, folder, tmp_path):
    words = ['--out', tmp_path / 't', '--summary', tmp_path / 's', '--json']
    one_line('video', folder, *words, expect='--summary and --json have no effect on it')
