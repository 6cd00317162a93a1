"The native window on a screen (Xvfb): a film stands in for the camera, keys are pressed, and pictures of it are kept to look at"
import os, shutil, subprocess, sys, time
import cv2, numpy as np, pytest
from PIL import Image
from conftest import TOP

SHOTS = TOP/'tests/screenshots'
try: import PySide6.QtWidgets as qt
except ImportError as e: pytest.skip(f'QT CANNOT BE LOADED ({e}): the window was not tested', allow_module_level=True)

@pytest.fixture(scope='module')
def screen():
    "A screen in memory; its number"
    if not shutil.which('Xvfb'): pytest.skip('NO XVFB (apt install xvfb): the window was tested off screen only')
    read, write = os.pipe()
    server = subprocess.Popen(['Xvfb','-displayfd',str(write),'-screen','0','1280x800x24','-nolisten','tcp'], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    yield ':' + os.read(read, 20).decode().strip()
    server.terminate(); server.wait()

@pytest.fixture(scope='module')
def film(tmp_path_factory):
    "The astronaut (NASA, public domain) and her mirror image, moving"
    from skimage.data import astronaut
    path = str(tmp_path_factory.mktemp('film')/'two.mp4')
    two = np.hstack([astronaut()[20:320,80:400], astronaut()[20:320,80:400][:,::-1]])
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*'mp4v'), 25, (640,480))
    for t in np.linspace(0, 6*np.pi, 400, endpoint=False):
        m = np.float32([[1,0,20*np.sin(t)],[0,1,90+20*np.cos(t)]])
        writer.write(cv2.cvtColor(cv2.warpAffine(two, m, (640,480), borderMode=cv2.BORDER_REPLICATE), cv2.COLOR_RGB2BGR))
    writer.release()
    return path

SCRIPT = """
import sys, time
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from fer_nb.recognize import Recognizer
from fer_nb.desktop import Source, Window
film, photo, shots = sys.argv[1:]
app = QApplication(['fer-nb'])
print('platform', app.platformName())
window = Window(Recognizer.load('mini_xception', 'haar'), camera=film, screenshots=shots + '/kept')
window.show(); window.activateWindow(); QTest.qWaitForWindowActive(window)
def wait(happens, seconds=40):
    end = time.perf_counter() + seconds
    while not happens() and time.perf_counter() < end: app.processEvents(); time.sleep(.005)
    assert happens(), 'it did not happen'
def shot(name): app.processEvents(); assert window.grab().save(f'{shots}/desktop_{name}.png')
shot('start')
window.start_button.click(); wait(lambda: len(window.screen.faces) == 2 and len(window.times) > 4)
shot('camera'); print('rate', window.rate.text())
QTest.keyClick(window, Qt.Key_A); shot('top'); QTest.keyClick(window, Qt.Key_A)
QTest.keyClick(window, Qt.Key_S); assert window.status.text().startswith('saved'), window.status.text()
window.open(Source(photo)); wait(lambda: window.screen.frame is not None and window.screen.frame.shape[0] == 512); shot('photo')
window.open(Source(shots)); wait(lambda: 'is a folder' in window.status.text()); shot('error')
QTest.keyClick(window, Qt.Key_Escape); wait(lambda: not window.isVisible())
print('done')
"""

def test_the_window_on_a_screen(screen, film, tmp_path):
    from skimage.data import astronaut
    Image.fromarray(astronaut()).save(tmp_path/'photo.png')
    env = {**os.environ, 'DISPLAY': screen, 'QT_QPA_PLATFORM': 'xcb'}
    done = subprocess.run([sys.executable, '-c', SCRIPT, film, tmp_path/'photo.png', tmp_path], env=env, capture_output=True, text=True, timeout=200)
    if 'xcb' in done.stderr and done.returncode < 0: pytest.skip(f'QT HAS NO XCB HERE: {done.stderr.splitlines()[0]}')
    assert done.returncode == 0 and done.stdout.split()[:2] == ['platform','xcb'] and done.stdout.endswith('done\n'), done.stdout + done.stderr
    SHOTS.mkdir(exist_ok=True)
    for p in tmp_path.glob('desktop_*.png'):
        assert np.array(Image.open(p)).std() > 20, f'{p.name} is empty'
        shutil.copy(p, SHOTS)
    assert len(list(SHOTS.glob('desktop_*.png'))) == 5 and len(list((tmp_path/'kept').iterdir())) == 1

COLORS = """
from PySide6.QtWidgets import QApplication
app = QApplication([]); seen = app.primaryScreen().grabWindow(0).toImage()
print(len({seen.pixel(x, y) for x in range(0, 1280, 40) for y in range(0, 800, 40)}))
"""

def colors_on(env): # of a grid of points: one on an empty screen
    return int(subprocess.run([sys.executable, '-c', COLORS], env=env, capture_output=True, text=True).stdout or 0)

def test_the_command_opens_and_ends(screen, film):
    "fer-nb desktop, from the command line to Ctrl+C, with no stack trace"
    import signal
    env = {**os.environ, 'DISPLAY': screen, 'QT_QPA_PLATFORM': 'xcb'}
    window = subprocess.Popen(['fer-nb','desktop',film,'-d','haar'], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 90
    while window.poll() is None and colors_on(env) < 3 and time.monotonic() < end: time.sleep(.5)           # until it is on the screen
    assert window.poll() is None, window.communicate()[1]
    assert colors_on(env) >= 3, 'no window came'; time.sleep(2)
    window.send_signal(signal.SIGINT)
    out, err = window.communicate(timeout=30)
    said = [l for l in err.splitlines() if l.strip() and not l.startswith('QBackingStore')] # Qt's own, where the window goes in the middle of a frame
    assert window.returncode == 0 and said == [], err
