"Videos that are written: sound, sizes, times, old files and full disks"

from pathlib import Path
from unittest.mock import patch

import av
import numpy as np
import pytest
from fer_nb.core.errors import FerError
from fer_nb.inference.video_io import open_video
from fer_nb.inference.video_writer import VideoWriter, _SoundTrack
from skimage.data import astronaut

PHOTO = astronaut()[:240, 100:420]
RATE = 48_000


def images(many=10, width=320, height=240):
    return [np.roll(astronaut()[:height, 100 : 100 + width], i, axis=1) for i in range(many)]


def write(path, pictures, **options):
    with VideoWriter(path, **{'fps': 10, **options}) as writer:
        for image in pictures:
            writer.add(image)
    return path


def read(path):
    with open_video(path) as video:
        return list(video.frames())


# -- sound


def sound_frames(pitches, layout):
    "A second of a tone for each pitch in Hz, in pieces of 20 ms"
    for n in range(50 * len(pitches)):
        at = np.arange(960 * n, 960 * (n + 1)) / RATE
        tone = 0.3 * np.sin(2 * np.pi * pitches[n // 50] * at).astype(np.float32)
        channels = 2 if layout == 'stereo' else 1
        frame = av.AudioFrame.from_ndarray(np.stack([tone] * channels), 'fltp', layout)
        frame.sample_rate, frame.pts = RATE, 960 * n
        yield frame


def video_with_sound(path, codec, pitches=(300,), layout='stereo'):
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, 'yuv420p'
        sound = container.add_stream(codec, rate=RATE, layout=layout)
        for image in images(10 * len(pitches)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, 'rgb24')))
        container.mux(stream.encode(None))
        for frame in sound_frames(pitches, layout):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def sound_of(path):
    "Its codec and its seconds"
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        samples = sum(frame.samples for frame in container.decode(audio=0))
        return container.streams.audio[0].codec_context.codec.canonical_name, samples / RATE


@pytest.mark.parametrize(
    'codec, original, ending, expected',
    [
        ('pcm_s16le', 'o.avi', '.mp4', 'aac'),
        ('libopus', 'o.mkv', '.mov', 'aac'),
        ('libopus', 'o.mkv', '.webm', 'opus'),
        ('flac', 'o.mkv', '.mkv', 'flac'),
    ],
)
def test_sound_is_copied_or_encoded_anew(tmp_path, codec, original, ending, expected):
    source = video_with_sound(tmp_path / original, codec)
    kind, seconds = sound_of(write(tmp_path / f'new{ending}', images(), sound=source))
    assert kind == expected
    assert seconds == pytest.approx(1.0, abs=0.05)


def high_tone(path):
    "Seconds from the first image to the high tone, and to the end of the sound"
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        heard = list(container.decode(audio=0))
    rate, begins = heard[0].sample_rate, heard[0].time
    sound = np.concatenate([frame.to_ndarray()[0].astype(float) for frame in heard])
    step = rate // 50  # 20 ms
    steps = sound[: len(sound) // step * step].reshape(-1, step)
    pitch = np.abs(np.fft.rfft(steps)).argmax(axis=1) * 50
    return begins + (pitch > 700).argmax() / 50 - first, begins + len(sound) / rate - first


@pytest.mark.parametrize('ending', ['mp4', 'webm', 'mkv'])
def test_the_sound_of_a_part_stays_with_its_images(tmp_path, ending):
    source = video_with_sound(tmp_path / 'tones.mp4', 'aac', (300, 1200), layout='mono')
    new = tmp_path / f'part.{ending}'
    with (
        open_video(source) as video,
        VideoWriter(new, 10, sound=source, start=0.5) as writer,
    ):
        for frame in video.frames(start=0.5, end=1.7):
            writer.add(frame.image, frame.time - 0.5)
    assert high_tone(new) == pytest.approx((0.5, 1.3), abs=0.06)
    with av.open(str(new)) as container:
        assert next(container.decode(video=0)).time == pytest.approx(0, abs=0.1)
        assert container.duration / 1e6 == pytest.approx(1.3, abs=0.1)


def test_a_video_without_sound_gives_none(tmp_path):
    silent = write(tmp_path / 'silent.mp4', images(3))
    new = write(tmp_path / 'new.mp4', images(3), sound=silent)
    assert sound_of(new) is None
    assert len(read(new)) == 3


@pytest.mark.parametrize('step', ['until', 'finish'])
def test_sound_that_fails_leaves_the_video_without_the_rest_of_it(tmp_path, step):
    source = video_with_sound(tmp_path / 'pcm.avi', 'pcm_s16le')
    failure = av.error.InvalidDataError(1, 'sound')
    with (
        patch.object(_SoundTrack, step, side_effect=failure),
        patch.object(_SoundTrack, 'close_original') as close,
    ):
        new = write(tmp_path / 'torn.mp4', images(), sound=source)
    assert len(read(new)) == 10
    close.assert_called_once()


# -- times and sizes


def test_times_do_not_drift(tmp_path):
    frames = read(write(tmp_path / 'thirty.mp4', images(100), fps=30))
    assert frames[-1].time == pytest.approx(3.3, abs=1e-4)


@pytest.mark.parametrize('ending', ['mp4', 'webm', 'mkv'])
def test_odd_sides_and_a_size_that_changes(tmp_path, ending):
    pictures = [*images(4, 161, 121), *images(1, 90, 200)]
    frames = read(write(tmp_path / f'odd.{ending}', pictures))
    assert [frame.image.shape for frame in frames] == [(122, 162, 3)] * 5


# -- files


def test_a_video_without_frames_is_none(tmp_path):
    write(tmp_path / 'none.mp4', [])
    assert not (tmp_path / 'none.mp4').exists()


def test_an_old_file_stays_until_the_first_frame(tmp_path):
    old = tmp_path / 'old.mp4'
    old.write_bytes(b'my old video')
    write(old, [])
    assert old.read_bytes() == b'my old video'
    write(old, images(3))
    assert len(read(old)) == 3


@pytest.mark.parametrize(
    'name, message', [('x.txt', '.mp4, .mov'), ('no/x.mp4', 'there is no folder')]
)
def test_a_name_that_cannot_work_is_refused(tmp_path, name, message):
    with pytest.raises(FerError, match=message):
        VideoWriter(tmp_path / name)


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='no /dev/full here')
def test_a_full_disk_is_one_line(tmp_path):
    (tmp_path / 'full.mkv').symlink_to('/dev/full')
    noise = np.random.default_rng(0).integers(0, 256, (100, 240, 320, 3), np.uint8)
    with pytest.raises(FerError, match='the disk is full'):
        write(tmp_path / 'full.mkv', noise)
