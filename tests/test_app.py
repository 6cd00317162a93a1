"The app as a visitor sees it: Voila on its port, a real Chromium, a fake camera that plays a real face"
import socket, subprocess, time, urllib.request
import numpy as np
import pytest
from conftest import TOP
from get_browser import find_browser

FLAGS = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split()
SHOTS = TOP/'tests/screenshots'

def free_port():
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); return s.getsockname()[1]

@pytest.fixture(scope='module')
def server(tmp_path_factory):
    "The app on the bundled model, with the detector that is always there"
    port, log = free_port(), tmp_path_factory.mktemp('app')/'log'
    with open(log, 'w') as f:
        server = subprocess.Popen(['fer-nb','app','--no-browser','--port',str(port),'--detector','haar'], stdout=f, stderr=f, start_new_session=True)
    address = f'http://127.0.0.1:{port}/'
    for _ in range(120):
        if server.poll() is not None: pytest.fail(f'the app ended: {log.read_text()}')
        try: urllib.request.urlopen(address + 'voila/static/', timeout=1)
        except urllib.error.HTTPError: break
        except OSError: time.sleep(.5)
    server.url = address
    yield server
    server.terminate()
    assert server.wait(20) == 0, 'the app does not end when it is told to'
    with socket.socket() as s: assert s.connect_ex(('127.0.0.1', port)) != 0, 'something still listens'
    assert 'Traceback' not in log.read_text(), log.read_text()[-3000:]

@pytest.fixture(scope='module')
def url(server): return server.url

@pytest.fixture(scope='module')
def film(tmp_path_factory):
    "A y4m film, 640×480, of the astronaut (NASA, public domain) moving from side to side"
    import cv2
    from skimage.data import astronaut
    path, photo = tmp_path_factory.mktemp('film')/'face.y4m', astronaut()
    with open(path, 'wb') as f:
        f.write(b'YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n')
        for t in np.linspace(0, 2*np.pi, 90, endpoint=False):
            m = np.float32([[1.2,0,320-224*1.2+120*np.sin(t)],[0,1.2,240-140*1.2]])
            f.write(b'FRAME\n' + cv2.cvtColor(cv2.warpAffine(photo, m, (640,480), borderMode=cv2.BORDER_REPLICATE), cv2.COLOR_RGB2YUV_I420).tobytes())
    return path

@pytest.fixture(scope='module')
def browser(film, tmp_path_factory):
    "Call it for a page of a fresh browser; `camera=False` is a visitor who refuses"
    path = find_browser()
    if not path: pytest.skip('NO BROWSER FOUND AND NONE COULD BE INSTALLED: the app was not tested')
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        def page(camera=True, **options):
            fake = ['--use-fake-device-for-media-stream', f'--use-file-for-fake-video-capture={film}', *(['--use-fake-ui-for-media-stream'] if camera else [])]
            context = p.chromium.launch_persistent_context(tmp_path_factory.mktemp('profile'), executable_path=path, args=[*FLAGS, *fake], **options)
            context.set_default_timeout(60_000)
            return context.new_page()
        yield page

def open_app(page, url):
    page.goto(url)
    page.get_by_role('button', name='Start camera').wait_for()
    return page

def photos(page, *files):
    with page.expect_file_chooser() as chooser: page.get_by_role('button', name='Choose photos').click()
    chooser.value.set_files([{'name': n, 'mimeType': 'image/jpeg', 'buffer': b} for n,b in files])

def jpeg(image):
    import io
    from PIL import Image
    buf = io.BytesIO(); Image.fromarray(image).save(buf, 'JPEG', quality=95); return buf.getvalue()

@pytest.mark.parametrize('scheme, width', [('light',1280), ('dark',1280), ('light',390), ('dark',390)])
def test_sample_photo_is_named(browser, url, scheme, width):
    page, outside = browser(viewport={'width':width, 'height':1400}, color_scheme=scheme), []
    page.on('request', lambda r: outside.append(r.url) if not r.url.startswith((url, 'data:', 'blob:')) else None)
    open_app(page, url)
    page.get_by_role('button', name='Try a sample photo').click()
    page.locator('.fer-photos .fer-box[data-label=happy]').wait_for()
    assert 'happy, ' in page.locator('.fer-photos .fer-name').first.inner_text() and page.title() == 'Facial expressions'
    assert page.locator('.fer-photos .fer-bars').first.locator('.fer-number').count() == 7
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    background = page.evaluate("getComputedStyle(document.querySelector('#rendered_cells')).backgroundColor")
    assert (sum(map(int, background[4:-1].split(','))) < 150) == (scheme == 'dark'), background
    SHOTS.mkdir(exist_ok=True); page.screenshot(path=SHOTS/f'app_{scheme}_{width}.png')
    assert outside == [], 'the page reaches out of this machine'
    page.context.close()

def test_uploads_good_and_bad(browser, url):
    from skimage.data import astronaut
    page = open_app(browser(viewport={'width':1280,'height':900}), url)
    face, good = astronaut(), jpeg(astronaut())
    wide = jpeg(np.zeros((4, 20_000, 3), np.uint8))
    photos(page, ('face.jpg', good), ('notes.jpg', b'not a photo'), ('half.jpg', good[:len(good)//2]), ('wide.jpg', wide), ('empty.jpg', jpeg(np.zeros((200,200,3), np.uint8))), ('nothing.jpg', b''))
    results = page.locator('.fer-result')
    for name, says in [('face.jpg','1 face'), ('notes.jpg','notes.jpg is not a picture that can be read'), ('half.jpg','half.jpg is cut short or damaged'),
                       ('wide.jpg','wide.jpg is 20000×4 pixels'), ('empty.jpg','no face found'), ('nothing.jpg','not a picture')]:
        results.and_(page.locator(f'[aria-label="{name}"]')).get_by_text(says).wait_for()
    two = np.hstack([face[:300,100:400], face[:300,100:400][:,::-1]])
    photos(page, ('two.jpg', jpeg(two)))                       # the page goes on working
    page.locator('[aria-label="two.jpg"] .fer-box').nth(1).wait_for()
    assert 'Traceback' not in page.content()
    page.get_by_role('button', name='Clear').click()
    assert results.count() == 0
    page.context.close()

def test_a_photo_larger_than_one_message(browser, url):
    rng = np.random.default_rng(0)
    page = open_app(browser(viewport={'width':1280,'height':900}), url)
    noise = jpeg(rng.integers(0, 256, (2600,2600,3), np.uint8))
    assert len(noise) > 5_000_000
    photos(page, ('noise.jpg', noise))
    page.locator('[aria-label="noise.jpg"]').get_by_text('noise.jpg:').wait_for()
    page.context.close()

def test_webcam_boxes_follow_the_face(browser, url):
    page = open_app(browser(viewport={'width':1280,'height':1000}, permissions=['camera']), url)
    page.get_by_role('button', name='Start camera').click()
    box = page.locator('.fer-camera .fer-box rect').first
    seen = set()
    for _ in range(40):
        box.wait_for(); seen.add(round(float(box.get_attribute('x')))); page.wait_for_timeout(100)
    assert max(seen) - min(seen) > 80, f'the box stays at {seen}'
    assert 'frames per second' in page.locator('.fer-meter').inner_text()
    assert page.locator('.fer-camera .fer-name').inner_text().strip()
    SHOTS.mkdir(exist_ok=True); page.screenshot(path=SHOTS/'app_webcam.png')
    page.get_by_role('button', name='Stop', exact=True).click()
    page.wait_for_timeout(500)
    assert page.locator('.fer-camera .fer-box').count() == 0 and page.get_by_role('button', name='Start camera').is_enabled()
    page.get_by_role('button', name='Start camera').click(); box.wait_for()   # and again
    page.context.close()

def test_refused_camera(browser, url):
    page = open_app(browser(camera=False, viewport={'width':1280,'height':900}), url)
    page.get_by_role('button', name='Start camera').click()
    page.get_by_text('The camera is not allowed. Allow it').wait_for()
    page.get_by_role('button', name='Try a sample photo').click()             # the page goes on working
    page.locator('.fer-photos .fer-box').wait_for()
    page.context.close()

def test_a_page_that_is_left_gives_its_kernel_back(browser, url, server):
    import psutil
    kernels = lambda: sum('ipykernel' in ' '.join(p.cmdline()) for p in psutil.Process(server.pid).children(recursive=True) if p.status() != 'zombie')
    page = open_app(browser(viewport={'width':1280,'height':900}), url)
    time.sleep(5)                                                             # the kernel for the next visitor is made ready
    before = kernels()
    for _ in range(4): page.reload(); page.get_by_role('button', name='Start camera').wait_for()
    page.goto('about:blank')
    for _ in range(60):
        if kernels() <= before: break
        time.sleep(.5)
    assert kernels() <= before
    page.context.close()

def test_theme_is_kept(browser, url):
    page = open_app(browser(viewport={'width':1280,'height':900}, color_scheme='light'), url)
    page.get_by_role('button', name='Dark theme').click()
    open_app(page, url)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == 'dark'
    page.get_by_role('button', name='Light theme').click()                    # and can be changed back
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == 'light'
    page.context.close()
