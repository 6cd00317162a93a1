"The window, drawn to memory: its keys, its buttons, and what it says"

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest

from fer_nb.desktop import HELP, Screen, Window
from fer_nb.desktop_player import Source


@pytest.fixture
def window(app, recognizer, files, tmp_path):
    "An open window; a video stands in for its camera"
    window = Window(recognizer, camera=str(files / 'long.mp4'), screenshots=tmp_path)
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    yield window
    window.close()


@pytest.fixture
def live(window, wait_for):
    "The window, with its camera running and a face in it"
    window.start_button.click()
    wait_for(lambda: window.screen.faces)
    return window


@pytest.fixture
def with_photo(window, wait_for, files):
    window.open(Source(str(files / 'photo.png')))
    wait_for(lambda: window.screen.faces)
    return window


def press(window, key):
    QTest.keyClick(window, key)


def bars_are_visible(window):
    return window.bars.rows['happy'][1].isVisible()


def test_the_binding_keeps_its_references_to_none(app, astronaut):
    screen = Screen()
    screen.resize(400, 300)
    screen.show_frame(astronaut, [])
    screen.grab()
    before = sys.getrefcount(None)
    for _ in range(50):
        screen.grab()
    # PySide6 6.12.0 loses them before Python 3.12: the window would crash
    assert sys.getrefcount(None) > before - 50


def test_the_camera_is_shown(live):
    assert live.start_button.text() == 'Stop Camera'
    assert live.status.text() == HELP
    assert '%' in live.bars.top.text()


def test_pause_holds_the_image_and_late_frames_too(live, wait_for, astronaut):
    press(live, Qt.Key_Space)
    assert live.player.paused
    held, results = live.screen.frame, []
    live.player.signals.seen.connect(lambda: results.append(1))
    for n in (1, 2):
        live.player.deliver(live.player.session, astronaut)
        wait_for(lambda n=n: len(results) >= n)  # the first may be of a frame on its way
    assert live.screen.frame is held
    press(live, Qt.Key_Space)
    wait_for(lambda: live.screen.frame is not held)


def test_a_hides_the_bars_and_shows_them_again(window):
    press(window, Qt.Key_A)
    assert not bars_are_visible(window)
    assert window.bars.top.text()
    press(window, Qt.Key_A)
    assert bars_are_visible(window)


def test_s_saves_a_screenshot(with_photo, tmp_path):
    press(with_photo, Qt.Key_S)
    assert with_photo.status.text().startswith('saved')
    assert len(list(tmp_path.iterdir())) == 1


def test_without_an_image_there_is_no_screenshot(window):
    press(window, Qt.Key_S)
    assert 'no picture yet' in window.status.text()


def test_a_folder_that_cannot_be_written_is_told(with_photo):
    with_photo.folder = Path('/proc/none')
    press(with_photo, Qt.Key_S)
    assert 'name another folder' in with_photo.status.text()


def test_a_photo_is_shown_in_full(with_photo):
    assert with_photo.screen.frame.shape == (512, 512, 3)
    assert with_photo.screen.faces[0][1].label == 'happy'
    assert with_photo.status.text() == HELP


@pytest.mark.parametrize(
    ('name', 'why'),
    [
        ('half.png', 'cut short or damaged'),
        ('notes.mp4', 'neither a photo nor a video'),
        ('none.png', 'does not exist'),
        ('', 'is a folder'),
    ],
)
def test_a_bad_file_takes_nothing_away(with_photo, wait_for, files, name, why):
    shown = with_photo.screen.frame
    with_photo.open(Source(str(files / name)))
    wait_for(lambda: why in with_photo.status.text())
    assert '\n' not in with_photo.status.text()
    assert with_photo.screen.frame is shown


def test_an_address_that_is_dropped_is_no_file(with_photo):
    shown, data = with_photo.screen.frame, QMimeData()
    data.setUrls([QUrl('https://example.org/face.jpg')])
    with_photo.dropEvent(SimpleNamespace(mimeData=lambda: data))
    assert 'is an address' in with_photo.status.text()
    assert with_photo.screen.frame is shown


def test_a_camera_that_is_not_there_is_told(window, wait_for):
    window.camera = 99
    window.toggle_camera()
    wait_for(lambda: 'opening' not in window.status.text())
    assert 'camera 99' in window.status.text()
    assert window.start_button.text() == 'Start Camera'


def test_the_camera_stops(live):
    live.toggle_camera()
    assert (live.screen.frame, live.player.capture) == (None, None)
    assert live.start_button.text() == 'Start Camera'


@pytest.mark.parametrize('key', [Qt.Key_Q, Qt.Key_Escape])
def test_a_key_ends_window_and_threads(window, wait_for, key):
    press(window, key)
    wait_for(lambda: not window.isVisible())
    assert not window.player.looker.is_alive()


def test_the_interface_stays_free_while_a_frame_is_recognized(recognizer, files, app, wait_for):
    inside, gate = threading.Event(), threading.Event()

    def slow(image):
        inside.set()
        gate.wait(120)
        return recognizer(image)

    slow.label_set = recognizer.label_set
    slow.name_face = recognizer.name_face
    window = Window(slow, camera=str(files / 'long.mp4'))
    window.show()
    window.toggle_camera()
    wait_for(inside.is_set)
    press(window, Qt.Key_A)
    assert not bars_are_visible(window)
    assert not window.times
    gate.set()
    wait_for(lambda: window.times)
    window.close()
