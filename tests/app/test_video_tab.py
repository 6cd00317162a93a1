"A visitor's video: kept for a while, read beside the page, refused with a code"

import io
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

import fer_nb.app.video as tab
from fer_nb.app.video import VideoWidget, Work, make_place, send_video, sweep
from fer_nb.app.widgets import catalog
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.video_writer import VideoWriter


@pytest.fixture(scope='module')
def recognizer():
    return Recognizer.load('mini_xception', detector='haar')


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    "A video of 12 frames, in which a face moves to the right"
    path = tmp_path_factory.mktemp('video') / 'a.mp4'
    with VideoWriter(path, 10) as out:
        for move in range(0, 60, 5):
            out.add(np.roll(astronaut(), move, axis=1))
    return path.read_bytes()


@pytest.fixture
def widget(recognizer):
    "A widget whose messages are kept in `sent`"
    made = VideoWidget(recognizer)
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append((content, buffers))
    return made


def give(widget, name, data, **more):
    "Send a whole file"
    content = {'kind': 'film', 'id': 1, 'name': name, 'first': True, 'last': True, **more}
    widget._receive(None, content, [data])


def of_kind(widget, kind):
    return [content for content, _ in widget.sent if content['kind'] == kind]


def ended(widget):
    return of_kind(widget, 'film-done')[0]


def same_as_the_page(error):
    "Whether the page's English is what the kernel says"
    return catalog('en')[f"error.{error['code']}"].format(**error['facts']) == error['error']


@pytest.fixture
def dead():
    "The number of a process that has ended"
    process = subprocess.Popen([sys.executable, '-c', ''])
    process.wait()
    return process.pid


def test_a_process_lives_until_it_ends(dead):
    assert tab._lives(os.getpid())
    assert tab._lives(dead) == (os.name == 'nt')


def test_a_process_that_cannot_be_asked_is_taken_to_live():
    assert tab._lives(10**30)


def test_folders_of_dead_kernels_are_removed_and_others_stay(dead):
    stale = Path(tempfile.mkdtemp(prefix=f'{tab._PREFIX}{dead}-'))
    place = make_place()
    sweep()
    assert place.exists()
    assert stale.exists() == (os.name == 'nt')
    shutil.rmtree(place)
    shutil.rmtree(stale, ignore_errors=True)


def test_a_video_in_two_parts_is_answered_with_rows_and_an_annotated_copy(widget, data):
    widget._receive(None, {'kind': 'film', 'id': 1, 'name': 'a.mp4', 'first': True}, [data[:9000]])
    place = widget.place
    assert place.exists()
    last = {'kind': 'film', 'id': 2, 'name': 'a.mp4', 'last': True, 'run': 5}
    widget._receive(None, last, [data[9000:]])
    widget.work.join()
    rows = [row for content in of_kind(widget, 'film-rows') for row in content['rows']]
    faces = [face for _, _, found in rows for face in found]
    assert (len(rows), {face[0] for face in faces}, faces[0][3]) == (12, {1}, 'happy')
    assert {len(face) for face in faces} == {7}
    assert of_kind(widget, 'film-done') == [{'kind': 'film-done', 'run': 5}]
    assert not place.exists()
    about = [content for content, _ in widget.sent if content['kind'].startswith('film-')]
    assert {content['run'] for content in about} == {5}
    labels = {tuple(content['labels']) for content in of_kind(widget, 'film-rows')}
    assert labels == {tuple(widget.session.recognizer.label_set)}
    parts = [buffers[0] for content, buffers in widget.sent if content['kind'] == 'film-part']
    assert b'ftyp' in b''.join(parts)[:40]


def test_a_canceled_work_sends_no_further_part(tmp_path):
    path = tmp_path / 'annotated.mp4'
    path.write_bytes(b'video')
    told = []
    work = Work(None, None, None, lambda *message: told.append(message))
    assert (send_video(work, path), len(told)) == ({}, 1)
    work.stopped.set()
    assert (send_video(work, path), len(told)) == ({'canceled': True}, 1)


def test_cancel_stops_the_work_and_leaves_nothing(widget, data):
    give(widget, 'a.mp4', data)
    work = widget.work
    widget._receive(None, {'kind': 'cancel'}, [])
    work.join()
    assert ended(widget) == {'kind': 'film-done', 'canceled': True, 'run': None}
    assert not work.place.exists()


def test_a_file_that_is_no_video_is_named_as_the_visitor_names_it(widget):
    give(widget, 'notes.mp4', b'no video')
    widget.work.join()
    assert ended(widget)['error'].startswith('notes.mp4 is not a video that can be read')
    assert ended(widget)['code'] == 'not-a-film'
    assert same_as_the_page(ended(widget))


def test_a_file_with_sound_alone_has_a_code_of_its_own(widget):
    sound = io.BytesIO()
    with wave.open(sound, 'wb') as file:
        file.setparams((1, 2, 8000, 0, 'NONE', ''))
        file.writeframes(bytes(1600))
    give(widget, 'song.wav', sound.getvalue())
    widget.work.join()
    assert ended(widget)['code'] == 'film-without-pictures'
    assert same_as_the_page(ended(widget))


def test_the_page_cannot_raise_the_limit_of_a_file(widget, data):
    widget.limit = 10
    widget.max_bytes = 10**9
    give(widget, 'a.mp4', data)
    answer = widget.sent[-1][0]
    assert answer['error'] == 'a.mp4 is over 0 MB; make it smaller first'
    assert answer['code'] == 'too-large'
    assert widget.place is None


def test_a_full_disk_is_said_in_one_line(widget, data, monkeypatch):
    def full(path, parts):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(tab, '_append', full)
    give(widget, 'a.mp4', data)
    answer = widget.sent[-1][0]
    assert 'could not be kept while it is worked on (No space left' in answer['error']
    assert answer['code'] == 'not-kept'
    assert same_as_the_page(answer)
    assert widget.place is None


def test_words_are_in_a_language_that_can_be_drawn():
    assert [tab._known(language) for language in ('es', 'tlh', None)] == ['es', None, None]
