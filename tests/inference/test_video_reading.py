"What people bring as a video, and what is none"

import contextlib
import functools
import http.server
import sys
import threading
import wave
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

import av
import cv2
import numpy as np
import pytest
from fer_nb.inference.video_io import VideoError, open_video, upright
from fer_nb.inference.video_writer import VideoWriter
from skimage.data import astronaut


def images(many=30, width=320, height=240):
    return [np.roll(astronaut()[:height, 100 : 100 + width], i, axis=1) for i in range(many)]


@pytest.fixture(scope='module')
def pan(tmp_path_factory):
    "Three seconds at ten frames a second"
    path = tmp_path_factory.mktemp('pan') / 'pan.mp4'
    with VideoWriter(path, fps=10) as writer:
        for image in images():
            writer.add(image)
    return path


def encode(path, pictures, options=None, ratio=None, **settings):
    "Write with PyAV alone"
    height, width = pictures[0].shape[:2]
    with av.open(str(path), 'w', options=options or {}) as container:
        stream = container.add_stream('libx264', rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, 'yuv420p'
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        for image in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, 'rgb24')))
        container.mux(stream.encode(None))
    return path


def indices(path, **part):
    with open_video(path) as video:
        return [frame.index for frame in video.frames(**part)]


# -- which frames


@pytest.mark.parametrize(
    'part, expected',
    [
        ({'start': 1.0, 'end': 2.0, 'every': 4}, [12, 16, 20]),
        ({'only': {3, 9}}, [3, 9]),
        ({'only': set()}, []),
    ],
    ids=str,
)
def test_a_part_of_a_video(pan, part, expected):
    assert indices(pan, **part) == expected


def test_frames_before_the_first_are_counted(pan):
    with open_video(pan) as video:
        assert [frame.index for frame in video.frames(first=28, every=2)] == [28]
        assert video.passed == 14


# -- the display matrix

LYING = np.arange(6).reshape(2, 3, 1)


@pytest.mark.parametrize(
    'matrix, expected',
    [
        ((0, -1, 1, 0), [[2, 5], [1, 4], [0, 3]]),
        ((0, 1, -1, 0), [[3, 0], [4, 1], [5, 2]]),
        ((-1, 0, 0, 1), [[2, 1, 0], [5, 4, 3]]),
        ((1, 0, 0, -1), [[3, 4, 5], [0, 1, 2]]),
        ((-1, 0, 0, -1), [[5, 4, 3], [2, 1, 0]]),
        ((0, 1, 1, 0), [[0, 3], [1, 4], [2, 5]]),
        ((0, -1, -1, 0), [[5, 2], [4, 1], [3, 0]]),
        ((10, 1, -1, 10), [[0, 1, 2], [3, 4, 5]]),  # a few degrees are none
    ],
    ids=str,
)
def test_the_eight_ways_to_lie(matrix, expected):
    assert upright(LYING, matrix)[..., 0].tolist() == expected


def test_a_matrix_that_shows_nothing_is_passed_over():
    assert upright(LYING, (0, 0, 0, 0)) is LYING


def test_a_turned_video_is_turned_as_opencv_turns_it(pan, tmp_path):
    data = bytearray(pan.read_bytes())
    at = data.rfind(b'tkhd') + 4 + 40  # the matrix in the track's header
    quarter = np.array([0, 1 << 16, 0, -(1 << 16), 0, 0], '>i4').tobytes()
    data[at : at + 24] = quarter
    path = tmp_path / 'phone.mp4'
    path.write_bytes(data)
    with open_video(path) as video:
        turned = next(video.frames()).image
    with open_video(pan) as video:
        lying = next(video.frames()).image
    assert np.array_equal(turned, np.rot90(lying, -1))
    assert cv2.VideoCapture(str(path)).read()[1].shape == turned.shape


# -- odd videos


def test_damage_in_the_middle_costs_the_middle(pan, tmp_path):
    data = bytearray(pan.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b'\xa5' * 2000
    path = tmp_path / 'hurt.mp4'
    path.write_bytes(data)
    with open_video(path) as video:
        times = [frame.time for frame in video.frames()]
    assert video.broken >= 1
    assert 15 <= len(times) < 30
    assert times[-1] > 2.5


def test_a_video_in_fragments_is_read_whole(tmp_path):
    path = encode(
        tmp_path / 'parts.mp4',
        images(),
        {'movflags': 'frag_keyframe+empty_moov'},
        gop_size=5,
    )
    assert indices(path, start=2.0) == list(range(20, 30))
    with open_video(path) as video:
        assert video.count in (None, 30)


def test_a_size_that_changes_in_the_middle(tmp_path):
    parts = [
        encode(tmp_path / f'{width}.h264', images(5, width, height)).read_bytes()
        for width, height in ((320, 240), (160, 120))
    ]
    path = tmp_path / 'both.h264'
    path.write_bytes(b''.join(parts))
    with open_video(path) as video:
        shapes = [frame.image.shape for frame in video.frames()]
    assert shapes == [(240, 320, 3)] * 5 + [(120, 160, 3)] * 5
    assert video.sizes == {(320, 240), (160, 120)}


def test_wide_pixels_and_a_name_with_a_colon(tmp_path):
    image = np.zeros((58, 72, 3), np.uint8)
    encode(tmp_path / '12:30.mp4', [image], ratio=Fraction(64, 45))
    with contextlib.chdir(tmp_path), open_video('12:30.mp4') as video:
        assert [frame.image.shape for frame in video.frames()] == [(58, 102, 3)]


# -- what is no video


@pytest.mark.parametrize('content', [b'no video', b'', None], ids=['text', 'empty', 'head'])
def test_a_file_that_is_no_video_is_named(pan, tmp_path, content):
    path = tmp_path / 'broken.mp4'
    path.write_bytes(pan.read_bytes()[:300] if content is None else content)
    with pytest.raises(VideoError, match='broken.mp4'):
        indices(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(VideoError, match='does not exist'):
        open_video(tmp_path / 'none.mp4')
    with pytest.raises(VideoError, match='is a folder'):
        open_video(tmp_path)
    with pytest.raises(VideoError, match='check the address'):
        open_video('http://127.0.0.1:9/x.mp4')


def test_sound_alone_is_no_video(tmp_path):
    with wave.open(str(tmp_path / 'sound.wav'), 'wb') as sound:
        sound.setparams((1, 2, 8000, 0, 'NONE', ''))
        sound.writeframes(bytes(16000))
    with pytest.raises(VideoError, match='only sound'):
        open_video(tmp_path / 'sound.wav')


def test_the_cover_of_a_song_is_no_video(tmp_path):
    with av.open(str(tmp_path / 'cover.mp3'), 'w') as container:
        song = container.add_stream('mp3', rate=44_100)
        cover = container.add_stream('mjpeg', rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, 'yuvj420p'
        cover.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(images(1, 64, 64)[0], 'rgb24')
        container.mux(cover.encode(image.reformat(format='yuvj420p')))
        container.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), 'fltp', 'mono')
        silence.sample_rate = 44_100
        container.mux(song.encode(silence))
        container.mux(song.encode(None))
    with pytest.raises(VideoError, match='only sound'):
        open_video(tmp_path / 'cover.mp3')


@pytest.mark.parametrize('ending', ['m3u8', 'mp4'])
def test_a_playlist_opens_no_other_video_of_this_machine(pan, tmp_path, ending):
    path = tmp_path / f'list.{ending}'
    path.write_text(f'#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{pan}\n#EXT-X-ENDLIST\n')
    with pytest.raises(VideoError, match='is not a video that can be read'):
        open_video(path)


# -- cameras and addresses


@pytest.mark.skipif(
    sys.platform != 'linux' or Path('/dev/video7').exists(), reason='there may be a camera 7'
)
@pytest.mark.parametrize('source', [7, 'camera:7'])
def test_a_camera_that_is_not_there_is_named(source):
    with pytest.raises(VideoError, match='there is no camera 7'):
        open_video(source)


def test_a_camera_is_live(pan):
    real = cv2.VideoCapture
    with (
        patch.object(cv2, 'VideoCapture', lambda number: real(str(pan))),
        open_video('camera') as camera,
    ):
        frames = list(camera.frames(every=3))
    assert [frame.index for frame in frames] == list(range(0, 30, 3))
    assert camera.live
    assert frames[1].time > frames[0].time
    assert np.abs(frames[0].image.astype(int) - images(1)[0]).mean() < 4


@pytest.fixture
def address(tmp_path):
    "Serve tmp_path; give its address"

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()


def test_a_video_at_an_address_is_read_as_it_comes(address, tmp_path):
    encode(tmp_path / 'pan.mkv', images(10))
    with open_video(f'{address}/pan.mkv') as video:
        assert not video.live
        assert len(list(video.frames())) == 10


def test_a_stream_without_a_known_end_is_live(address, tmp_path):
    encode(tmp_path / 'raw.h264', images(10))
    with open_video(f'{address}/raw.h264') as video:
        assert video.live
