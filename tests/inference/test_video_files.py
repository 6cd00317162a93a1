"Videos as they come: mirrored, joined, damaged, with odd names, out of pipes and file addresses"

import json
import logging
import os
import struct
import subprocess
import threading
from fractions import Fraction
import av
import numpy as np
import pytest
from conftest import TOP
from skimage.data import astronaut
from fer_nb.inference.batch import analyze_folder, find_files, predict_folder
from fer_nb.app.video import VideoWidget
from fer_nb.core.detect import Face
from fer_nb.inference.video_io import VIDEO_ENDINGS, VideoError, local_path, open_video
from fer_nb.core.errors import FerError
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.summary import moment_strip, summary_dict, summary_lines
from fer_nb.inference.tables import read_table, run_path
from fer_nb.inference.video import analyze_video

PHOTO = astronaut()[:240, 100:420]
FPS = 24


def write_video(path, frames, codec='libx264', sound=False, **options):
    "Encode frames as they are, without our own writer"
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, 'yuv420p'
        tone = container.add_stream('mp2', rate=48_000) if sound else None
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), 'rgb24')
            frame = frame.reformat(format='yuv420p')
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
            if sound:
                container.mux(tone.encode(sound_of_frame(index)))
        container.mux(stream.encode(None))
        if sound:
            container.mux(tone.encode(None))
    return path


def sound_of_frame(index):
    "The sound of one frame"
    samples = 48_000 // FPS
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 2 * samples), np.int16), 's16', 'stereo')
    frame.sample_rate, frame.pts = 48_000, index * samples
    return frame


def moved(many=FPS):
    return [np.roll(PHOTO, 2 * (index % 8), axis=1) for index in range(many)]


@pytest.fixture(scope='module')
def recognizer():
    "One face in every frame, without a search"
    return Recognizer.load(detector=lambda image: [Face((90, 30, 120, 150), 1.0)], threads=1)


def read(path):
    with open_video(path) as video:
        return list(video.frames()), video


# -- the display matrix

MATRICES = {
    'none': ((1, 0, 0, 1), PHOTO),
    'mirrored': ((-1, 0, 0, 1), PHOTO[:, ::-1]),
    'flipped': ((1, 0, 0, -1), PHOTO[::-1]),
    'half turn': ((-1, 0, 0, -1), PHOTO[::-1, ::-1]),
    'clockwise': ((0, 1, -1, 0), np.rot90(PHOTO, -1)),
    'counter-clockwise': ((0, -1, 1, 0), np.rot90(PHOTO)),
    'transposed': ((0, 1, 1, 0), PHOTO.swapaxes(0, 1)),
    'anti-transposed': ((0, -1, -1, 0), PHOTO[::-1, ::-1].swapaxes(0, 1)),
    'zero': ((0, 0, 0, 0), PHOTO),
    'flat': ((1, 0, 0, 0), PHOTO),
}


@pytest.mark.parametrize('matrix, right', MATRICES.values(), ids=list(MATRICES))
def test_a_display_matrix_is_shown_as_players_show_it(tmp_path, matrix, right):
    path = write_video(tmp_path / 'video.mp4', [PHOTO] * 2)
    data = bytearray(path.read_bytes())
    at = data.find(b'tkhd') + 44  # the matrix in the track's header
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    (first, _), _ = read(path)
    assert first.image.shape == right.shape
    assert np.abs(first.image.astype(int) - right).mean() < 6


# -- the clock


@pytest.fixture(scope='module')
def joined(tmp_path_factory):
    "A second of video, twice, as `cat` joins it"
    folder = tmp_path_factory.mktemp('joined')
    once = write_video(folder / 'once.ts', moved(), sound=True).read_bytes()
    (folder / 'twice.ts').write_bytes(once + once)
    return folder / 'twice.ts'


def test_times_go_on_where_the_clock_jumps_back(joined):
    frames, video = read(joined)
    assert np.allclose([f.time for f in frames], np.arange(2 * FPS) / FPS, atol=2e-4)
    assert video.jumps == 1


def test_a_clock_that_begins_far_earlier_is_none_that_ran_over(tmp_path):
    late, early = tmp_path / 'late.ts', tmp_path / 'early.ts'
    for path, offset in ((late, '5000'), (early, '0')):
        with av.open(str(path), 'w', options={'output_ts_offset': offset}) as container:
            stream = container.add_stream('libx264', rate=FPS)
            stream.width, stream.height, stream.pix_fmt = 320, 240, 'yuv420p'
            for image in moved():
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, 'rgb24')))
            container.mux(stream.encode(None))
    (tmp_path / 'both.ts').write_bytes(late.read_bytes() + early.read_bytes())
    frames, video = read(tmp_path / 'both.ts')
    assert np.allclose([f.time for f in frames], np.arange(2 * FPS) / FPS, atol=2e-4)


def test_a_joined_video_is_told_cut_and_annotated_whole(joined, recognizer, tmp_path):
    summary = analyze_video(joined, recognizer, tmp_path / 't.csv', tmp_path / 'annotated.mp4')
    assert summary_dict(summary)['faces'][0]['seconds'] == pytest.approx(2, abs=0.01)
    assert any('clock jumped back' in line for line in summary_lines(summary))
    with av.open(str(tmp_path / 'annotated.mp4')) as container:
        assert container.duration / 1e6 == pytest.approx(2, abs=0.1)
        heard = sum(f.samples for f in container.decode(audio=0)) / 48_000
        assert heard == pytest.approx(2, abs=0.2)  # the sound of both parts
    later = analyze_video(joined, recognizer, tmp_path / 'later.csv', start=1.5)
    assert later.frames == FPS // 2


# -- damage


def damaged(path, at, many=1500):
    data = bytearray(path.read_bytes())
    begin = int(len(data) * at)
    noise = np.random.default_rng(1).integers(0, 256, many, dtype='u1').tobytes()
    data[begin : begin + many] = noise
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    'codec, name', [('libx264', 'v.mp4'), ('mpeg4', 'v.mp4'), ('mpeg2video', 'v.mpg')]
)
def test_frames_that_were_patched_up_are_counted_and_flagged(codec, name, recognizer, tmp_path):
    path = write_video(tmp_path / name, moved(48), codec, g='12')
    whole = {round(f.time, 2): f.image.astype(int) for f in read(path)[0]}
    assert read(path)[1].damaged == 0
    frames, video = read(damaged(path, 0.5))
    wrong = {
        f.index
        for f in frames
        if round(f.time, 2) not in whole or np.abs(f.image - whole[round(f.time, 2)]).mean() > 0.5
    }
    assert wrong and wrong <= {f.index for f in frames if f.damaged}
    assert len(wrong) <= video.damaged < len(frames)  # a key frame begins afresh
    summary = analyze_video(path, recognizer, tmp_path / 't.csv')
    table = read_table(tmp_path / 't.csv')
    flagged = table['flags'].fillna('').str.contains('damaged')
    assert flagged.sum() == video.damaged
    assert any('patched up' in what for what in summary.problems), summary.problems


# -- names and addresses


def fer_nb(*words, **options):
    return subprocess.run(
        ['fer-nb', *map(str, words)], capture_output=True, text=True, errors='replace', **options
    )


ODD = os.fsdecode(b'bad\xff.mp4')


@pytest.mark.skipif(os.name == 'nt', reason='names there are text')
def test_a_video_whose_name_is_no_utf8_gets_its_table(recognizer, tmp_path):
    (tmp_path / 'in').mkdir()
    write_video(tmp_path / 'in' / ODD, moved(10))
    table = tmp_path / 't.csv'
    analyze_video(tmp_path / 'in' / ODD, recognizer, table)
    whole = table.read_bytes()
    assert json.loads(run_path(table).read_text(encoding='utf-8'))['video'].endswith('bad\\xff.mp4')
    table.write_bytes(whole[: len(whole) // 2])
    analyze_video(tmp_path / 'in' / ODD, recognizer, table, resume=True)
    assert table.read_bytes() == whole
    done = analyze_folder(tmp_path / 'in', tmp_path / 'out', setup={'detector': 'whole'})
    assert [r.get('error') for r in done] == [None] and (tmp_path / 'out' / (ODD + '.csv')).exists()
    (tmp_path / 'in' / ODD).write_bytes(b'no video')
    with pytest.raises(VideoError) as caught:
        open_video(tmp_path / 'in' / ODD)
    assert 'bad\\xff.mp4' in str(caught.value)


@pytest.mark.skipif(os.name == 'nt', reason='names there are text')
def test_a_name_with_letters_under_a_locale_without_them(tmp_path):
    path = write_video(tmp_path / 'Zoë.mp4', moved(3))
    plain = {**os.environ, 'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}
    words = ['video', path, '--out', tmp_path / 't.csv', '-d', 'whole']
    done = fer_nb(*words, env=plain)
    assert done.returncode == 0, done.stderr
    assert fer_nb(*words, '--resume').returncode == 0  # the same video under another locale


def test_a_file_address_is_the_path_it_stands_for(recognizer, tmp_path):
    path = write_video(tmp_path / 'my video 50%.mp4', moved(4))
    address = path.as_uri()
    assert '%20' in address
    assert analyze_video(address, recognizer).frames == 4
    assert local_path('file://localhost/a%20b.mp4') == local_path('file:///a%20b.mp4')
    assert local_path('https://host/a%20b.mp4') == 'https://host/a%20b.mp4'
    with pytest.raises(VideoError, match='does not exist'):
        open_video((tmp_path / 'none.mp4').as_uri())


# -- pipes

needs_pipes = pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no named pipes here')


@needs_pipes
def test_pipes_in_a_folder_are_named_and_passed_over(tmp_path, caplog):
    for name in ('pipe.mp4', 'pipe.png'):
        os.mkfifo(tmp_path / name)
    write_video(tmp_path / 'video.mp4', moved(3))
    from PIL import Image

    Image.fromarray(PHOTO).save(tmp_path / 'photo.png')
    with caplog.at_level(logging.WARNING, 'fer_nb'):
        assert find_files(tmp_path, VIDEO_ENDINGS) == [str(tmp_path / 'video.mp4')]
        done = analyze_folder(tmp_path, tmp_path / 'out', setup={'detector': 'whole'})
        counts = predict_folder(tmp_path, tmp_path / 't.csv', detector='whole')
    assert [r['frames'] for r in done] == [3] and counts['pictures'] == 1
    told = [record.getMessage() for record in caplog.records]
    for name in ('pipe.mp4', 'pipe.png'):  # once each
        assert sum(f'{name} is a pipe' in message for message in told) == 1


@needs_pipes
def test_a_pipe_is_read_once(recognizer, tmp_path):
    video, pipe = tmp_path / 'video.mkv', tmp_path / 'pipe.mkv'
    write_video(video, moved(), sound=True)
    os.mkfifo(pipe)
    feeder = threading.Thread(target=lambda: pipe.write_bytes(video.read_bytes()), daemon=True)
    feeder.start()
    summary = analyze_video(pipe, recognizer, annotated=tmp_path / 'annotated.mp4')
    feeder.join(60)
    assert summary.frames == FPS and summary.live  # its moments cannot be fetched again
    with pytest.raises(FerError, match='is a pipe'):
        moment_strip(summary, pipe)


# -- endings


def test_the_app_takes_every_video_that_folders_are_searched_for():
    assert tuple(VideoWidget.endings.default()) == VIDEO_ENDINGS
    script = (TOP / 'fer_nb/app/static/film.js').read_text(encoding='utf-8')
    assert 'model.get("endings")' in script and 'mp4|' not in script


def test_every_ending_that_is_looked_for_opens(tmp_path):
    path = write_video(tmp_path / 'video.ts', moved(3))
    for ending in ('.ts', '.mts', '.m2ts', '.M2TS'):
        named = path.rename(tmp_path / f'video{ending}')
        assert find_files(tmp_path, VIDEO_ENDINGS) == [str(named)]
        assert len(read(named)[0]) == 3
        path = named
