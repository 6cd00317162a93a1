"The native window on a screen (Xvfb): a video stands in for the camera, and keys are pressed"

import os
import shutil
import signal
import subprocess
import sys
import cv2
import numpy as np
import pytest
from PIL import Image
from conftest import TOP

SHOTS = TOP / 'tests/screenshots'
try:
    import PySide6.QtWidgets  # noqa: F401
except ImportError as e:
    pytest.skip(f'QT CANNOT BE LOADED ({e}): the window was not tested', allow_module_level=True)

CHECK = """
from fer_nb.desktop import SourceError, check_display
try: check_display()
except SourceError as e: print(e)
"""


@pytest.fixture(scope='module')
def screen():
    "A screen in memory; its number"
    if not shutil.which('Xvfb'):
        pytest.skip('NO XVFB (apt install xvfb): the window was tested off screen only')
    read, write = os.pipe()
    server = subprocess.Popen(
        ['Xvfb', '-displayfd', str(write), '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    display = ':' + os.read(read, 20).decode().strip()
    missing = what_qt_lacks(display)
    if not missing:
        yield display
    server.terminate()
    server.wait()
    if missing:
        pytest.skip(f'QT CANNOT DRAW ON XVFB ({missing}): the window was tested off screen only')


def what_qt_lacks(display):
    "What fer-nb desktop says where Qt cannot draw, as without libxcb-cursor0; empty if it can"
    env = {**os.environ, 'DISPLAY': display}
    for name in ('QT_QPA_PLATFORM', 'WAYLAND_DISPLAY'):
        env.pop(name, None)
    done = subprocess.run([sys.executable, '-c', CHECK], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope='module')
def film(tmp_path_factory):
    "The astronaut (NASA, public domain) and her mirror image, moving"
    from skimage.data import astronaut

    path = str(tmp_path_factory.mktemp('film') / 'two.mp4')
    two = np.hstack([astronaut()[20:320, 80:400], astronaut()[20:320, 80:400][:, ::-1]])
    # so slow that it does not end before the test, however busy the machine
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*'mp4v'), 2, (640, 480))
    for t in np.linspace(0, 30 * np.pi, 240, endpoint=False):
        m = np.float32([[1, 0, 20 * np.sin(t)], [0, 1, 90 + 20 * np.cos(t)]])
        writer.write(
            cv2.cvtColor(
                cv2.warpAffine(two, m, (640, 480), borderMode=cv2.BORDER_REPLICATE),
                cv2.COLOR_RGB2BGR,
            )
        )
    writer.release()
    return path


SCRIPT = """
import sys, time
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from fer_nb.inference.recognize import Recognizer
from fer_nb.desktop import Window
from fer_nb.desktop_player import Source
film, photo, shots = sys.argv[1:]
app = QApplication(['fer-nb'])
print('platform', app.platformName())
window = Window(Recognizer.load('mini_xception', 'haar'), camera=film, screenshots=shots + '/kept')
window.show(); window.activateWindow(); QTest.qWaitForWindowActive(window)
def wait(happens, seconds=180):
    end = time.perf_counter() + seconds
    while not happens() and time.perf_counter() < end: app.processEvents(); time.sleep(.005)
    assert happens(), 'it did not happen'
def shot(name): app.processEvents(); assert window.grab().save(f'{shots}/desktop_{name}.png')
shot('start')
window.start_button.click(); wait(lambda: len(window.screen.faces) == 2 and len(window.times) > 4)
shot('camera'); print('rate', window.rate.text())
QTest.keyClick(window, Qt.Key_A); shot('top'); QTest.keyClick(window, Qt.Key_A)
QTest.keyClick(window, Qt.Key_S)
assert window.status.text().startswith('saved'), window.status.text()
window.open(Source(photo))
wait(lambda: window.screen.frame is not None and window.screen.frame.shape[0] == 512)
shot('photo')
window.open(Source(shots)); wait(lambda: 'is a folder' in window.status.text()); shot('error')
QTest.keyClick(window, Qt.Key_Escape); wait(lambda: not window.isVisible())
print('done')
"""


def test_the_window_on_a_screen(screen, film, tmp_path):
    from skimage.data import astronaut

    Image.fromarray(astronaut()).save(tmp_path / 'photo.png')
    env = {**os.environ, 'DISPLAY': screen, 'QT_QPA_PLATFORM': 'xcb'}
    done = subprocess.run(
        [sys.executable, '-c', SCRIPT, film, tmp_path / 'photo.png', tmp_path],
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert (
        done.returncode == 0
        and done.stdout.split()[:2] == ['platform', 'xcb']
        and done.stdout.endswith('done\n')
    ), done.stdout + done.stderr
    SHOTS.mkdir(exist_ok=True)
    for p in tmp_path.glob('desktop_*.png'):
        assert np.array(Image.open(p)).std() > 20, f'{p.name} is empty'
        shutil.copy(p, SHOTS)
    assert (
        len(list(SHOTS.glob('desktop_*.png'))) == 5
        and len(list((tmp_path / 'kept').iterdir())) == 1
    )


WATCH = """
import sys, time
import psutil
from PySide6.QtWidgets import QApplication
app, window = QApplication([]), psutil.Process(int(sys.argv[1]))
def colors(): # of a grid of points: one on an empty screen, many with a film in the window
    seen = app.primaryScreen().grabWindow(0).toImage()
    return len({seen.pixel(x, y) for x in range(0, 1280, 40) for y in range(0, 800, 40)})
end = time.monotonic() + 300
while window.is_running() and window.status() != 'zombie' and time.monotonic() < end:
    if colors() > 30: print('seen'); break
    time.sleep(.1)
"""


def comes_up(window, env):  # does it show its film on the screen?
    watch = [sys.executable, '-c', WATCH, str(window.pid)]
    return subprocess.run(watch, env=env, capture_output=True, text=True).stdout.strip() == 'seen'


def test_the_command_opens_and_ends(screen, film):
    "fer-nb desktop, from the command line to Ctrl+C, with no stack trace"
    env = {**os.environ, 'DISPLAY': screen, 'QT_QPA_PLATFORM': 'xcb'}
    window = subprocess.Popen(
        ['fer-nb', 'desktop', film, '-d', 'haar'],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    came = comes_up(window, env)
    window.send_signal(signal.SIGINT)
    out, err = window.communicate(timeout=180)
    assert came, f'no window came: {err}'
    said = [
        line for line in err.splitlines() if line.strip() and not line.startswith('QBackingStore')
    ]  # Qt's own, where the window goes in the middle of a frame
    assert window.returncode == 0 and said == [], err
