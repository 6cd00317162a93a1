"The app as a visitor sees it: Voila on its port, a real Chromium, a fake camera that plays a real face"

import io
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request
import zipfile
import numpy as np
import pytest
from conftest import TOP
from get_browser import find_browser

FLAGS = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split()
SHOTS = TOP / 'tests/screenshots'
START, WIDE = 'Start camera', {'width': 1280, 'height': 1000}

# --- one server and one browser for all -----------------------------------------------------------------------------


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def two_heads(folder):
    "A model of noise, never quite sure, with seven labels from one output and eight from the other"
    import onnx
    from onnx import helper, numpy_helper, TensorProto
    from fer_nb.core.labels import get_label_set
    from fer_nb.core.preprocess import Preprocess
    from fer_nb.core.model_folder import ModelSpec, save_spec

    rng, sets = np.random.default_rng(0), [get_label_set(n) for n in ('fer2013', 'ferplus')]
    weights = [
        numpy_helper.from_array(
            rng.normal(0, 0.002, (64, len(s))).astype(np.float32), f'w_{s.name}'
        )
        for s in sets
    ]
    nodes = [
        helper.make_node('Flatten', ['faces'], ['flat']),
        *(helper.make_node('MatMul', ['flat', f'w_{s.name}'], [s.name]) for s in sets),
    ]
    outs = [helper.make_tensor_value_info(s.name, TensorProto.FLOAT, ['n', len(s)]) for s in sets]
    graph = helper.make_graph(
        nodes,
        'two',
        [helper.make_tensor_value_info('faces', TensorProto.FLOAT, ['n', 8, 8, 1])],
        outs,
        weights,
    )
    folder.mkdir()
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=9),
        folder / 'model.onnx',
    )
    save_spec(ModelSpec('two_heads', {s.name: s.labels for s in sets}, Preprocess(8)), folder)


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    "The app on the bundled model, with the detector that is always there"
    port, folder = free_port(), tmp_path_factory.mktemp('app')
    two_heads(folder / 'two_heads')
    log = folder / 'log'
    with open(log, 'w') as f:
        server = subprocess.Popen(
            ['fer-nb', 'app', '--no-browser', '--port', str(port), '--detector', 'haar'],
            stdout=f,
            stderr=f,
            start_new_session=True,
            env={**os.environ, 'FER_NB_MODELS': str(folder)},
        )
    server.port, server.url = port, f'http://127.0.0.1:{port}/'
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f'the app ended: {log.read_text()}')
        try:
            urllib.request.urlopen(server.url + 'voila/static/', timeout=60)
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.5)
    yield server
    server.terminate()
    assert server.wait(120) == 0, 'the app does not end when it is told to'
    with socket.socket() as s:
        assert s.connect_ex(('127.0.0.1', port)) != 0, 'something still listens'
    # of all that may be logged, two things are not ours: Jupyter's server says at length that a reply found its visitor gone (a kernel killed, a network cut), and that a kernel it looked at
    # to see if it is idle was given back meanwhile
    text = re.sub(
        r"\[Voila\] ERROR \| The following exception was encountered while checking the idle duration.*?KeyError: '[0-9a-f-]+'",
        '',
        log.read_text(),
        flags=re.S,
    )
    ours = [
        e
        for e in text.split('Exception in callback')
        if 'Traceback' in e and 'WebSocketClosedError' not in e
    ]
    assert not ours, ours[0][-3000:]
    assert 'face.jpg' not in log.read_text(), 'the log names a visitor\'s photo'


@pytest.fixture(scope='module')
def url(server):
    return server.url


@pytest.fixture(scope='module')
def camera_film(tmp_path_factory):
    "A y4m film, 640×480, of the astronaut (NASA, public domain) moving from side to side, nearer and farther"
    import cv2
    from skimage.data import astronaut

    path, photo = tmp_path_factory.mktemp('film') / 'face.y4m', astronaut()
    with open(path, 'wb') as f:
        f.write(b'YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n')
        for t in np.linspace(0, 2 * np.pi, 120, endpoint=False):
            s = 1.25 + 0.15 * np.sin(2 * t)
            m = np.float32([[s, 0, 320 - 224 * s + 110 * np.sin(t)], [0, s, 240 - 120 * s]])
            f.write(
                b'FRAME\n'
                + cv2.cvtColor(
                    cv2.warpAffine(photo, m, (640, 480), borderMode=cv2.BORDER_REPLICATE),
                    cv2.COLOR_RGB2YUV_I420,
                ).tobytes()
            )
    return path


@pytest.fixture(scope='module')
def chromium():
    path = find_browser()
    if not path:
        pytest.skip('NO BROWSER FOUND AND NONE COULD BE INSTALLED: the app was not tested')
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        yield lambda *flags: p.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


@pytest.fixture(scope='module')
def browser(chromium, camera_film):
    browser = chromium(
        '--use-fake-device-for-media-stream', f'--use-file-for-fake-video-capture={camera_film}'
    )
    yield browser
    browser.close()


@pytest.fixture
def visit(browser, url):
    "Call it for a page of a fresh visitor; `camera=False` is one who refuses"
    contexts = []

    def visit(tab='live', camera=True, at=url, script=None, **options):
        contexts.append(
            browser.new_context(
                **{
                    'viewport': WIDE,
                    'locale': 'en-US',
                    **({'permissions': ['camera']} if camera else {}),
                    **options,
                }
            )
        )
        contexts[-1].set_default_timeout(180_000)
        page = contexts[-1].new_page()
        page.outside, page.broken = [], []
        page.on(
            'request',
            lambda r: (
                page.outside.append(r.url) if not r.url.startswith((at, 'data:', 'blob:')) else None
            ),
        )
        page.on('pageerror', lambda e: page.broken.append(str(e)))
        if script:
            page.add_init_script(script)
        return go(page, at, tab)

    yield visit
    for context in contexts:
        for page in context.pages:
            assert not getattr(page, 'broken', []), page.broken
        context.close()


def go(page, url, tab='live'):
    page.goto(f'{url}#{tab}')
    page.locator(f'#fer-tab-{tab}[aria-selected=true]').wait_for()
    page.locator(f'#fer-panel-{tab}').wait_for()
    return page


def start(page):
    page.get_by_role('button', name=START).click()
    box = page.locator('.fer-live .fer-box').first
    box.wait_for()
    return box


def photos(page, *files, button='Choose photos'):
    with page.expect_file_chooser() as chooser:
        page.get_by_role('button', name=button).click()
    chooser.value.set_files(
        [
            {'name': f[0], 'mimeType': 'image/jpeg', 'buffer': f[1]} if isinstance(f, tuple) else f
            for f in files
        ]
    )


def downloaded(page, button):
    with page.expect_download() as download:
        page.get_by_role('button', name=button, exact=True).locator('visible=true').first.click()
    with open(download.value.path(), 'rb') as f:
        return download.value.suggested_filename, f.read()


def encoded(image, kind='JPEG', **options):
    from PIL import Image

    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, kind, **options)
    return out.getvalue()


def jpeg(image):
    return encoded(image, quality=95)


def shot(page, name):
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f'{name}.png')


def until(question, seconds=180, why='it did not come to pass'):
    "Wait for what must happen; `seconds` only bounds how long a failure takes"
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            pytest.fail(why() if callable(why) else why)
        time.sleep(0.05)


def drawn(page, frames=1):
    "Let the browser draw so many frames: what does not move in them does not move"
    page.evaluate(
        """async (frames) => {
        for (let i = 0; i < frames; i++) await new Promise((next) => requestAnimationFrame(next));
    }""",
        frames,
    )


def settled(page, question, frames=10):
    "Its answer, once three looks in a row give the same"
    answers = []
    while len(answers) < 3 or answers[-1] != answers[-2] or answers[-2] != answers[-3]:
        answers.append(question())
        drawn(page, frames)
    return answers[-1]


# A clock that can be put forward, and what runs every second or more rarely, to be run at once
CLOCK = """window.later = 0; const now = performance.now.bind(performance), every = setInterval;
    performance.now = () => now() + later;
    window.ticks = []; window.setInterval = (f, ms) => { if (ms >= 1000) ticks.push(f); return every(f, ms); };"""

# --- live -------------------------------------------------------------------------------------------------------------


def test_boxes_follow_the_face_and_all_is_measured(visit):
    page, seen = visit(), set()
    start(page)

    def moved():
        seen.update(
            page.evaluate(
                "[...document.querySelectorAll('.fer-live .fer-box')].map(b => Math.round(b.children[1].x.baseVal.value))"
            )
        )
        return len(seen) > 8 and max(seen) - min(seen) > 60

    until(moved, why=lambda: f'the box stays at {seen}')
    meter = page.locator('.fer-meter')
    until(lambda: float(meter.get_attribute('data-rate') or 0) > 0)
    until(
        lambda: meter.get_attribute('data-faces') == '1', why=lambda: meter.inner_text()
    )  # in 5 of 240 frames of this film Haar takes the chest for a face too
    assert 'frames per second' in meter.inner_text() and float(meter.get_attribute('data-ms')) > 0
    assert (
        page.locator('.fer-live .fer-chip').count() >= 1
        and page.locator('.fer-live .fer-bars').first.locator('.fer-bar').count() == 7
    )
    until(
        lambda: 'happy' in page.locator('.fer-live [aria-live=polite]').inner_text()
    )  # for screen readers
    until(
        lambda: re.search(
            r'[1-9]',
            page.locator('.fer-live .fer-bar[data-label=happy] .fer-number').nth(1).inner_text(),
        )
    )  # seconds of this visit
    shot(page, 'live_running')


def test_pause_go_on_stop_and_again(visit):
    page = visit()
    start(page)
    page.get_by_role('button', name='Pause').click()
    frame = page.locator('.fer-live .fer-box > rect').nth(1)
    at = lambda: tuple(float(frame.get_attribute(k)) for k in ('x', 'width'))
    first = settled(page, at)
    drawn(page, 40)
    assert at() == first and page.locator('video').first.evaluate('v => v.paused')
    page.get_by_role('button', name='Go on').click()
    assert not page.locator('video').first.evaluate('v => v.paused')
    page.get_by_role('button', name='Stop', exact=True).click()
    drawn(page, 20)
    assert (
        page.locator('.fer-live .fer-box').count() == 0
        and page.locator('video').first.evaluate('v => v.srcObject') is None
    )
    rows = lambda: [
        r.split(',') for r in downloaded(page, 'Save CSV')[1].decode('utf-8-sig').splitlines()[1:]
    ]
    before = rows()
    start(page)
    until(lambda: len(rows()) > len(before))
    after = rows()
    assert (
        after[: len(before)] == before
        and len(after) > len(before)
        and float(after[-1][0]) > float(before[-1][0])
    ), (before[-1:], after[-1:])  # the second start is recorded too
    assert not {r[1] for r in before} & {
        r[1] for r in after[len(before) :]
    }  # and nobody in it has the number of somebody before
    page.evaluate(
        '() => { const next = requestAnimationFrame.bind(window); window.requestAnimationFrame = (draw) => next((t) => draw(t - 1000)); }'
    )  # as where a frame began before it was asked for
    page.get_by_role('button', name='Pause').click()
    rest = lambda: settled(page, at)  # where the box comes to rest
    mirrored = lambda: (
        'fer-mirrored' in (page.locator('.fer-live video').get_attribute('class') or '')
    )
    (left, wide), before = rest(), mirrored()
    page.get_by_role('button', name='Mirror').click()
    assert (
        mirrored() != before and abs(rest()[0] + left + wide - 640) < 1
    )  # the video, and the box with it, the other way round
    page.get_by_role('button', name='Mirror').click()
    page.get_by_role('button', name='Go on').click()
    page.locator('#fer-tab-photos').click()  # who leaves the tab is not filmed on
    assert page.locator('.fer-live').get_attribute('data-state') == 'idle'


LATE = """window.tracks = []; window.allow = []; const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => { const got = await real(wish); tracks.push(...got.getTracks()); await new Promise((go) => allow.push(go)); return got; };"""


def test_a_camera_that_comes_after_the_visitor_left(visit):
    "The browser still asks for leave when the visitor goes, or chooses another camera: what comes then is not filmed with"
    page = visit(script=LATE)
    asked = lambda n: until(
        lambda: page.evaluate('allow.length') == n, why=f'the camera was not asked for {n} times'
    )
    states = lambda: page.evaluate('tracks.map((t) => t.readyState)')
    page.get_by_role('button', name=START).click()
    asked(1)
    page.locator('#fer-tab-photos').click()
    page.evaluate('allow[0]()')
    until(lambda: states() == ['ended'], why='the camera of a panel that was left is on')
    drawn(page, 10)
    assert (
        page.locator('.fer-live').get_attribute('data-state') == 'idle'
        and page.locator('video').first.evaluate('v => v.srcObject') is None
    )
    page.locator('#fer-tab-live').click()
    page.get_by_role('button', name=START).click()
    asked(2)
    page.locator('.fer-live select').dispatch_event('change')
    asked(3)
    page.evaluate('allow.map((go) => go())')
    page.locator('.fer-live .fer-box').first.wait_for()
    assert states() == ['ended', 'ended', 'live']
    page.get_by_role('button', name='Stop', exact=True).click()
    assert states() == ['ended'] * 3


FREEZES = """const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
        const video = document.createElement('video'), canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
        Object.assign(video, { muted: true, srcObject: await real(wish) }); await video.play(); canvas.width = 640; canvas.height = 480; pen.drawImage(video, 0, 0, 640, 480);
        window.drawing = setInterval(() => pen.drawImage(video, 0, 0, 640, 480), 60);
        return canvas.captureStream();
    };"""


def test_a_camera_that_freezes_counts_for_nobody(visit):
    page = visit(script=CLOCK + FREEZES)
    start(page)
    rows = lambda: len(downloaded(page, 'Save CSV')[1].decode('utf-8-sig').splitlines())
    until(lambda: rows() > 5)
    assert page.get_by_text('Waiting for the camera').count() == 0
    page.evaluate('clearInterval(drawing)')
    page.get_by_text('Waiting for the camera').wait_for()
    before = settled(page, rows)
    for _ in range(5):
        page.evaluate('later += 2000; ticks.forEach((f) => f())')
        drawn(page, 5)  # ten seconds
    assert (
        rows() == before
        and page.locator('.fer-live .fer-status').inner_text() == 'Waiting for the camera…'
    )  # nor is a server missed that was not asked


def test_keys_alone(visit):
    page = visit()
    button = page.get_by_role('button', name=START)
    for _ in range(30):  # reached with the Tab key
        page.keyboard.press('Tab')
        if button.evaluate('b => b === document.activeElement'):
            break
    page.keyboard.press('Enter')
    page.locator('.fer-live .fer-box').first.wait_for()
    state = lambda: page.locator('.fer-live').get_attribute('data-state')
    page.locator('#fer-tab-live').focus()
    page.evaluate('document.activeElement.blur()')
    page.keyboard.press(' ')
    until(lambda: state() == 'paused')
    page.keyboard.press(' ')
    until(lambda: state() == 'running')
    page.keyboard.press('a')
    page.locator('.fer-box g text').nth(6).wait_for(state='attached')  # all seven in the picture
    page.keyboard.press('a')
    until(lambda: page.locator('.fer-box g text').count() == 0)
    with page.expect_download() as download:
        page.keyboard.press('s')
    from PIL import Image

    assert download.value.suggested_filename.startswith('screenshot-')
    picture = np.array(Image.open(download.value.path()).convert('RGB'))
    assert picture.shape == (480, 640, 3)
    color = [0x56, 0xB4, 0xE9]  # of face 1: its box is in the picture
    assert (np.abs(picture.astype(int) - color).max(axis=2) < 40).sum() > 300
    dark = lambda: page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    before = dark()
    page.keyboard.press('t')
    assert dark() != before
    page.keyboard.press('?')
    page.get_by_role('dialog').wait_for()
    shot(page, 'help')
    page.keyboard.press('Escape')
    page.get_by_role('dialog').wait_for(state='hidden')
    assert state() == 'running'
    until(
        lambda: page.keyboard.press('q') or state() == 'idle'
    )  # a loaded machine can take a moment to close the help
    page.keyboard.press('?')
    page.get_by_label('Keys switched on').uncheck()
    page.keyboard.press('Escape')
    before = dark()
    page.keyboard.press('t')
    assert dark() == before  # keys can be switched off
    page.locator('#fer-tab-live').focus()
    page.keyboard.press('ArrowRight')
    assert page.locator('#fer-tab-photos').evaluate(
        't => t === document.activeElement && t.getAttribute("aria-selected") === "true"'
    )


def test_downloads_of_a_visit(visit):
    page = visit()
    start(page)
    seconds = page.locator('.fer-live .fer-bar[data-label=happy] .fer-number').nth(1)
    until(lambda: float(seconds.inner_text().split()[0]) >= 1.2)
    name, data = downloaded(page, 'Save CSV')
    head, *rows = data.decode('utf-8-sig').splitlines()
    assert (
        name.endswith('.csv')
        and head
        == 'time,face,x,y,w,h,score,label,confidence,sure,angry,disgust,fear,happy,sad,surprise,neutral'
        and len(rows) >= 3
        and rows[0].split(',')[7] == 'happy'
    )
    name, data = downloaded(page, 'Save chart (PNG)')
    from PIL import Image

    assert (
        name.endswith('.png')
        and len(np.unique(np.array(Image.open(io.BytesIO(data)).convert('L')))) > 10
    )
    page.locator('.fer-live .u-over').hover()  # the chart answers to the pointer
    until(lambda: 's' in page.locator('.fer-live .u-legend .u-value').first.inner_text())


def test_settings_change_while_it_runs(visit):
    page = visit()
    start(page)
    page.locator('summary').click()
    shot(page, 'settings')
    page.get_by_label('Model').select_option('two_heads')
    until(lambda: 'two_heads' in page.locator('.fer-facts').inner_text())
    page.get_by_label('Expressions').select_option('ferplus')
    page.locator('.fer-live .fer-bar[data-label=contempt]').first.wait_for()
    assert (
        'FER2013' not in page.locator('.fer-facts').inner_text()
    )  # the figure of the other labels is not this one's
    until(lambda: page.locator('.fer-live .fer-bars').first.locator('.fer-bar').count() == 8)
    until(
        lambda: (
            '%'
            in page.locator(
                '.fer-live .fer-bar[data-label=contempt] .fer-number'
            ).first.inner_text()
        )
    )
    page.get_by_role('slider').fill('95')
    page.locator('.fer-live .fer-box[data-sure=false]').first.wait_for()
    page.get_by_label('Model').select_option('mini_xception')
    until(lambda: page.locator('.fer-live .fer-bars').first.locator('.fer-bar').count() == 7)
    assert page.locator('.fer-live').get_attribute('data-state') == 'running'


def test_a_camera_that_is_never_allowed_can_be_given_up(visit):
    page = visit(
        script='navigator.mediaDevices.getUserMedia = () => new Promise(() => {})'
    )  # a question that the visitor never answers
    page.get_by_role('button', name=START).click()
    page.get_by_text('Waiting for the camera').wait_for()
    stop = page.get_by_role('button', name='Stop', exact=True)
    assert stop.is_enabled() and stop.evaluate('b => b === document.activeElement')
    stop.click()
    assert (
        page.locator('.fer-live').get_attribute('data-state') == 'idle'
        and page.get_by_role('button', name=START).is_enabled()
    )


def test_who_comes_back_to_the_page_is_not_told_of_a_lost_server(visit):
    page = visit(
        script=CLOCK
        + """const send = WebSocket.prototype.send;
        window.away = false; Object.defineProperty(document, 'hidden', { get: () => away });
        window.held = null; WebSocket.prototype.send = function (data) { held ? held.push(() => send.call(this, data)) : send.call(this, data); };"""
    )
    start(page)
    page.evaluate("away = true; document.dispatchEvent(new Event('visibilitychange'))")
    drawn(page, 5)
    page.evaluate("""() => { // ten minutes in which the phone let no timer run; then all at once, and a server that takes its time
        window.lost = 0; new MutationObserver(() => { lost += document.body.innerText.includes('no longer answers'); }).observe(document.body, { childList: true, subtree: true, characterData: true });
        later = 600_000; away = false; held = []; document.dispatchEvent(new Event('visibilitychange')); ticks.forEach((f) => f()); }""")
    until(lambda: page.evaluate('held.length') > 0)
    page.evaluate('ticks.forEach((f) => f())')
    drawn(page, 5)
    meter = page.locator('.fer-meter')
    meter.evaluate("m => { m.dataset.rate = ''; }")
    page.evaluate('() => { const late = held; held = null; late.forEach((send) => send()); }')
    until(lambda: float(meter.get_attribute('data-rate') or 0) > 0)
    assert page.evaluate('lost') == 0 and page.locator('.fer-live .fer-box').count() >= 1


def test_settings_close_by_escape_and_by_a_tap_beside_them(visit):
    page = visit(viewport={'width': 390, 'height': 844})
    start(page)
    page.locator('summary').click()
    panel = page.locator('.fer-settings-body')
    assert panel.is_visible()
    gear, body = page.locator('summary').bounding_box(), panel.bounding_box()
    assert (
        body['y'] >= gear['y'] + gear['height']
        and body['x'] >= 0
        and body['x'] + body['width'] <= 390
    ), (gear, body)  # it does not lie over its button
    shot(page, 'settings_390')
    page.keyboard.press('Escape')
    assert (
        not panel.is_visible()
        and page.locator('.fer-live').get_attribute('data-state') == 'running'
    )
    page.locator('summary').click()
    page.locator('h1[data-say]').click()
    assert not panel.is_visible()
    page.locator('summary').click()
    page.locator('.fer-settings-body p.fer-soft').click()
    page.keyboard.press('Escape')  # also where nothing in it has the focus
    assert (
        not panel.is_visible()
        and page.locator('.fer-live').get_attribute('data-state') == 'running'
    )
    page.locator('summary').click()
    page.locator('#fer-tab-live').focus()
    assert not panel.is_visible()


# --- photos ------------------------------------------------------------------------------------------------------------


def test_many_photos_are_looked_at_again_when_asked(visit):
    from skimage.data import astronaut

    page = visit('photos')
    photos(
        page,
        *((f'{i}.jpg', jpeg(np.full((40, 40, 3), 3 * i, np.uint8))) for i in range(60)),
        ('face.jpg', jpeg(astronaut())),
    )
    page.locator('[aria-label="face.jpg"] .fer-box[data-label=happy]').wait_for()
    again = page.get_by_role('button', name='Look at 61 photos again with these settings')
    assert not again.is_visible()
    page.locator('summary').click()
    page.get_by_label('Model').select_option('two_heads')
    again.wait_for()
    page.locator('summary').click()
    shot(page, 'again')
    page.emulate_media(color_scheme='dark')
    page.set_viewport_size({'width': 390, 'height': 844})
    again.scroll_into_view_if_needed()
    shot(page, 'again_dark_390')
    assert page.evaluate('document.documentElement.scrollWidth') <= 390
    page.set_viewport_size(WIDE)
    again.click()
    until(lambda: not page.get_by_role('button', name='photos again').is_visible())
    until(
        lambda: (
            page.locator('.fer-photos > .fer-status')
            .inner_text()
            .startswith('Looked at 61 photos: ')
        )
    )
    assert not page.get_by_role('button', name='photos again').is_visible()
    page.locator('summary').click()
    page.get_by_label('Model').select_option('mini_xception')
    page.get_by_role('button', name='Look at 61 photos again').wait_for()
    page.locator('summary').click()  # the answers were those of the second model
    page.get_by_role('button', name='Clear').click()
    assert not page.get_by_role('button', name='photos again').is_visible()


@pytest.mark.parametrize('scheme, width', [('light', 1280), ('dark', 390)])
def test_sample_photo_is_named(visit, scheme, width):
    page = visit('photos', viewport={'width': width, 'height': 1400}, color_scheme=scheme)
    page.get_by_role('button', name='Try a sample photo').click()
    page.locator('.fer-photos .fer-box[data-label=happy]').wait_for()
    assert (
        'happy ' in page.locator('.fer-photos .fer-name').first.inner_text()
        and page.title() == 'Facial expressions'
    )
    assert page.locator('.fer-photos .fer-bars').first.locator('.fer-bar').count() == 7
    background = page.evaluate(
        "getComputedStyle(document.querySelector('#rendered_cells')).backgroundColor"
    )
    assert (sum(map(int, background[4:-1].split(','))) < 150) == (scheme == 'dark'), background
    shot(page, f'photos_{scheme}_{width}')
    assert page.outside == [], 'the page reaches out of this machine'
    if width == 1280:
        page.get_by_role('button', name='Heat map').click()
        page.locator('.fer-heat img').wait_for()
        page.get_by_text('speak for “happy”').wait_for()
        assert (
            page.evaluate('document.activeElement.textContent') == 'Heat map'
        )  # the keyboard keeps its place
        page.locator('summary').click()
        page.locator('.fer-settings input[type=range]').fill('95')
        page.keyboard.press('Escape')
        page.locator('.fer-photos .fer-box[data-sure=false]').wait_for()
        assert page.locator('.fer-heat img').count() == 1  # another threshold shows it again


@pytest.fixture(scope='module')
def bad_photos():
    "Name -> bytes, and what the page says of it"
    from PIL import Image
    from skimage.data import astronaut

    face, good = astronaut(), jpeg(astronaut())
    exif = Image.Exif()
    exif[0x0112] = 6
    tile, large = face[:220, 110:330], np.full((5000, 6000, 3), 90, np.uint8)
    large[1000:3048, 1000:3048] = np.kron(face, np.ones((4, 4, 1), np.uint8))
    deep = np.array(Image.fromarray(face).convert('L'), np.uint16) * 257
    gif = [Image.fromarray(np.roll(face, s, axis=1)) for s in (0, 40, 80)]
    return {
        'notes.jpg': (b'not a photo', 'notes.jpg is not a picture that can be read'),
        'half.jpg': (good[: len(good) // 2], 'half.jpg is cut short or damaged'),
        'wide.jpg': (jpeg(np.zeros((4, 20_000, 3), np.uint8)), 'wide.jpg is 20000×4 pixels'),
        'none.jpg': (jpeg(np.zeros((200, 200, 3), np.uint8)), 'no face found'),
        'nothing.jpg': (b'', 'not a picture'),
        'turned.jpg': (encoded(np.rot90(face), exif=exif), '1 face'),
        'moving.gif': (encoded(gif[0], 'GIF', save_all=True, append_images=gif[1:]), '1 face'),
        'cmyk.jpg': (encoded(Image.fromarray(face).convert('CMYK')), '1 face'),
        'deep.png': (encoded(Image.fromarray(deep), 'PNG'), '1 face'),
        'sixty.jpg': (jpeg(np.tile(tile, (6, 10, 1))), re.compile(r'sixty\.jpg: \d+ faces')),
        'large.jpg': (jpeg(large), re.compile(r'large\.jpg: \d+ face')),
        'scan.tif': (encoded(face, 'TIFF'), '1 face'),
        'phone.heic': ((TOP / 'nbs/images/astronaut.heic').read_bytes(), '1 face'),
        'renamed.jpg': ((TOP / 'nbs/images/astronaut.heic').read_bytes(), '1 face'),
    }


def test_photos_of_every_kind(visit, bad_photos):
    page = visit('photos')
    photos(
        page,
        *(
            {
                'name': n,
                'mimeType': {'tif': 'image/tiff', 'heic': ''}.get(n.split('.')[1], 'image/jpeg'),
                'buffer': data,
            }
            for n, (data, _) in bad_photos.items()
        ),
    )
    for name, (_, says) in bad_photos.items():
        page.locator(f'.fer-result[aria-label="{name}"]').get_by_text(says).first.wait_for()
    many = page.locator('[aria-label="sixty.jpg"]')
    assert many.locator('.fer-box').count() > 30 and many.locator('.fer-face').count() <= 6
    many.get_by_role('button', name='Show all').click()
    assert many.locator('.fer-face').count() == many.locator('.fer-box').count()
    for name, width in (
        ('scan.tif', 512),
        ('phone.heic', 180),
        ('renamed.jpg', 180),
    ):  # the browser shows no TIFF and no HEIC; the server's copy is shown, upright
        assert (
            page.locator(f'[aria-label="{name}"] img').first.evaluate('i => i.naturalWidth')
            == width
        )
    assert 'Traceback' not in page.content()
    page.get_by_role('button', name='Clear').locator('visible=true').click()
    assert page.locator('.fer-result').count() == 0
    photos(page, ('face.jpg', bad_photos['turned.jpg'][0]))  # the page goes on working
    page.locator('[aria-label="face.jpg"] .fer-box').wait_for()


def test_table_sorted_and_taken_home(visit):
    from skimage.data import astronaut

    page = visit('photos')
    face = astronaut()
    photos(
        page,
        ('b.jpg', jpeg(face)),
        ('a.jpg', jpeg(np.hstack([face[:300, 100:400], face[:300, 100:400][:, ::-1]]))),
        ('=1+1.jpg', jpeg(face)),
    )
    page.locator('[aria-label="=1+1.jpg"] .fer-box').wait_for()
    names = lambda: page.locator('.fer-photos tbody th').all_inner_texts()
    until(lambda: len(names()) == 4)
    assert [n[0] for n in names()] == ['=', 'a', 'a', 'b']
    page.locator('thead').get_by_role('button', name='Photo').click()
    assert [n[0] for n in names()] == ['b', 'a', 'a', '='] and page.locator(
        'th[aria-sort=descending]'
    ).inner_text().startswith('Photo')
    page.locator('thead').get_by_role('button', name='Confidence').click()
    sure = [
        int(t[:-1]) for t in page.locator('.fer-photos tbody td:nth-child(4)').all_inner_texts()
    ]
    assert sure == sorted(sure)
    shot(page, 'photos_table')
    _, data = downloaded(page, 'Save CSV')
    lines = data.decode('utf-8-sig').splitlines()
    assert (
        lines[0].startswith('file,face,x,y,w,h,score,label,confidence')
        and len(lines) == 5
        and any(l.startswith("'=1+1.jpg") for l in lines)
    )
    import json

    page.locator('[aria-label="b.jpg"]').get_by_role('button', name='Heat map').click()
    page.locator('.fer-heat img').wait_for()
    _, data = downloaded(page, 'Save JSON')
    rows = json.loads(data)
    assert (
        {r['file'] for r in rows} == {'a.jpg', 'b.jpg', '=1+1.jpg'}
        and set(rows[0]['probabilities']) >= {'happy', 'neutral'}
        and not any('heat' in r for r in rows)
    )
    from PIL import Image

    _, data = downloaded(page, 'Save pictures (ZIP)')
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None and sorted(z.namelist()) == ['=1+1.jpg', 'a.jpg', 'b.jpg']
        drawn = np.array(Image.open(z.open('b.jpg'))).astype(int)
    assert (
        drawn.shape == face.shape and (np.abs(drawn - face).max(axis=2) > 60).sum() > 500
    )  # boxes are drawn


def test_too_large_a_photo(visit, tmp_path):
    page = visit('photos')
    with open(tmp_path / 'huge.jpg', 'wb') as f:
        f.truncate(200_000_000)
    with page.expect_file_chooser() as chooser:
        page.get_by_role('button', name='Choose photos').click()
    chooser.value.set_files(tmp_path / 'huge.jpg')
    page.get_by_text('huge.jpg has 200 MB; the limit is 50 MB').wait_for()
    noise = jpeg(np.random.default_rng(0).integers(0, 256, (2600, 2600, 3), np.uint8))
    assert len(noise) > 5_000_000
    photos(page, ('noise.jpg', noise))  # larger than one message
    page.locator('[aria-label="noise.jpg"]').get_by_text('noise.jpg:').wait_for()


def test_a_picture_is_taken_dropped_and_pasted(visit, tmp_path):
    page = visit('photos')
    page.get_by_role('button', name='Take a picture').click()
    page.get_by_role('button', name='Take it').click()
    page.locator('[aria-label="picture 1.jpg"] .fer-box').wait_for()
    give = """([kind, bytes]) => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array(bytes)], kind + '.jpg', {type: 'image/jpeg'}));
        kind === 'drop' ? document.querySelector('.fer-photos .fer-drop').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})) : document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data})); }"""
    from skimage.data import astronaut

    data = list(encoded(astronaut()[:300, 100:400], quality=80))
    for kind in ('drop', 'paste'):
        page.evaluate(give, [kind, data])
        page.locator(f'[aria-label="{kind}.jpg"] .fer-box').wait_for()
    page.evaluate(give, ['paste', data])
    page.locator('[aria-label="paste-2.jpg"] .fer-box').wait_for()  # each has a name of its own
    (tmp_path / 'album/more').mkdir(parents=True)
    (tmp_path / 'album/notes.txt').write_text('no photo')
    for name in ('a.jpg', 'more/b.jpg'):
        (tmp_path / 'album' / name).write_bytes(bytes(data))
    at, hand = (
        page.locator('.fer-photos .fer-drop').bounding_box(),
        page.context.new_cdp_session(page),
    )
    for kind in ('dragEnter', 'dragOver', 'drop'):
        hand.send(
            'Input.dispatchDragEvent',
            {
                'type': kind,
                'x': at['x'] + 9,
                'y': at['y'] + 9,
                'data': {'items': [], 'files': [str(tmp_path / 'album')], 'dragOperationsMask': 1},
            },
        )
    for name in 'ab':
        page.locator(
            f'[aria-label="{name}.jpg"] .fer-box'
        ).wait_for()  # a folder is the photos in it
    assert page.locator('.fer-result').count() == 6


# --- a video file; how good it is ------------------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def clip(tmp_path_factory):
    from skimage.data import astronaut
    from fer_nb.inference.video_writer import VideoWriter

    path = tmp_path_factory.mktemp('clip') / 'walk.mp4'
    with VideoWriter(path, 10) as out:
        for move in range(24):
            out.add(astronaut()[:300, 60 + 4 * move : 300 + 4 * move])
    return path


def choose_video(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role('button', name='Choose a video').click()
    chooser.value.set_files(path)


def test_video_file(visit, clip, tmp_path):
    import glob
    import tempfile

    page = visit('film')
    choose_video(page, clip)
    page.get_by_text('in 24 frames').wait_for()
    assert page.locator('.fer-strip').count() >= 1 and page.locator('.fer-strip rect').count() >= 1
    _, data = downloaded(page, 'Save CSV')
    lines = data.decode('utf-8-sig').splitlines()
    assert (
        lines[0].startswith('frame,time,face,')
        and len(lines) >= 25
        and lines[1].split(',')[8] == 'happy'
    )
    name, data = downloaded(page, 'Save annotated video')
    assert name == 'walk-annotated.mp4' and b'ftyp' in data[:40]
    until(lambda: page.locator('.fer-film video').evaluate('v => v.videoWidth') == 240)
    shot(page, 'film')
    page.locator('.fer-film video').evaluate(
        'v => { v.loop = true; v.muted = true; return v.play(); }'
    )
    page.locator('#fer-tab-photos').click()
    until(lambda: page.locator('.fer-film video').evaluate('v => v.paused'))
    page.locator('#fer-tab-film').click()  # nothing plays where it cannot be stopped
    (tmp_path / 'notes.txt').write_text('no film')
    choose_video(page, tmp_path / 'notes.txt')
    page.get_by_text('notes.txt is not a video').wait_for()
    assert page.locator('.fer-strip').count() >= 1  # the film that is there stays
    (tmp_path / 'zero.mp4').write_bytes(b'')
    choose_video(page, tmp_path / 'zero.mp4')
    page.get_by_text('zero.mp4 is not a video that can be read').wait_for()
    choose_video(page, clip)
    page.get_by_role('button', name='Cancel').click()
    page.get_by_text('Canceled.').wait_for()
    (tmp_path / 'notes.mp4').write_text('no film')
    choose_video(page, tmp_path / 'notes.mp4')
    page.get_by_text('notes.mp4 is not a video that can be read').wait_for()
    with open(tmp_path / 'huge.mp4', 'wb') as f:
        f.truncate(200_000_000)
    choose_video(page, tmp_path / 'huge.mp4')
    page.get_by_text('the limit is 150 MB').wait_for()
    until(
        lambda: not glob.glob(f'{tempfile.gettempdir()}/fer_nb-film-*'),
        why='a film was left on the server',
    )


def test_films_with_other_labels(visit, clip):
    "A film canceled, one with seven labels, one with eight: each has its own rows, and names on its values"
    page = visit('film')
    names = lambda: [
        n.lower() for n in page.locator('.fer-film .u-legend .u-label').all_inner_texts()[1:]
    ]
    choose_video(page, clip)
    page.get_by_role('button', name='Cancel').click()
    page.get_by_text('Canceled.').wait_for()
    choose_video(page, clip)
    page.get_by_text('in 24 frames').wait_for()
    until(lambda: len(names()) == 7)
    assert len(downloaded(page, 'Save CSV')[1].splitlines()) >= 25
    page.locator('summary').click()
    page.get_by_label('Model').select_option('two_heads')
    until(lambda: 'two_heads' in page.locator('.fer-facts').inner_text())
    page.get_by_label('Expressions').select_option('ferplus')
    until(lambda: '8 ' in page.locator('.fer-facts').inner_text())
    assert len(names()) in (0, 7)  # of the film that was read with seven
    page.locator('summary').click()
    choose_video(page, clip)
    page.get_by_text('in 24 frames').wait_for()
    until(lambda: len(names()) == 8 and 'contempt' in names()[-1])
    assert downloaded(page, 'Save CSV')[1].decode('utf-8-sig').splitlines()[0].endswith(',contempt')


def test_a_film_of_many_people(visit, tmp_path):
    from skimage.data import astronaut
    from fer_nb.inference.video_writer import VideoWriter

    face = astronaut()[40:220, 130:310]
    with VideoWriter(
        tmp_path / 'crowd.mp4', 10
    ) as out:  # one after the other, each where nobody was for a while
        for who in range(33):
            scene = np.full((180, 900, 3), 90, np.uint8)
            scene[:, 180 * (who % 5) : 180 * (who % 5) + 180] = face
            for _ in range(3):
                out.add(scene)
    page = visit('film')
    choose_video(page, tmp_path / 'crowd.mp4')
    page.get_by_text('in 99 frames').wait_for()
    strips = page.locator('.fer-strip')
    more = page.get_by_role('button', name=re.compile('Show all 3[3-9] faces'))
    assert strips.count() == 30
    more.click()
    assert (
        strips.count() >= 33
        and not more.is_visible()
        and page.evaluate('document.activeElement.dataset.face') == '31'
    )


def test_how_good_it_is(visit):

    page = visit('quality')
    page.locator('.fer-matrix').wait_for()
    from fer_nb.evaluation.metrics_file import read_metrics

    metrics = read_metrics()
    assert f"{100 * metrics['accuracy']:.1f}%" in page.locator('.fer-quality').inner_text()
    assert (
        page.locator('.fer-matrix tbody td').count() == 49
        and page.locator('.fer-diagram li').count() > 3
    )
    page.locator('.fer-quality .u-wrap').wait_for()
    page.get_by_text('Each dotted line begins').wait_for()
    shot(page, 'quality')
    card = page.locator('.fer-model-card')
    assert card.locator('h4').count() > 2 and card.locator('img, h1').count() == 0


# --- for everyone ------------------------------------------------------------------------------------------------------

BRIGHTNESS = """() => getComputedStyle(document.querySelector('#rendered_cells')).backgroundColor
    .match(/\\d+/g).slice(0, 3).reduce((sum, v) => sum + Number(v), 0)"""  # of the page, 0 to 765


def test_axe_finds_nothing(visit):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(color_scheme='light')
    start(page)
    for tab in ('live', 'photos', 'film', 'quality'):
        if tab == 'photos':
            page.locator('#fer-tab-photos').click()
            page.get_by_role('button', name='Try a sample photo').click()
            page.locator('.fer-photos .fer-face').wait_for()
        elif tab != 'live':
            page.locator(f'#fer-tab-{tab}').click()
        if tab == 'quality':
            page.locator('.fer-diagram').wait_for()
            page.locator('summary').click()
        for scheme in ('dark', 'light'):
            page.emulate_media(color_scheme=scheme)
            until(
                lambda: (
                    page.evaluate(BRIGHTNESS) < 150
                    if scheme == 'dark'
                    else page.evaluate(BRIGHTNESS) > 600
                )
            )
            drawn(page, 10)
            found = Axe().run(page).response['violations']
            assert not found, (
                tab,
                scheme,
                [(v['id'], v['help'], [n['target'] for n in v['nodes']]) for v in found],
            )
    assert page.outside == []


def test_languages(visit):
    page = visit(locale='es-MX')
    page.get_by_role('button', name='Iniciar cámara').wait_for()  # the browser's own
    assert page.evaluate('document.documentElement.lang') == 'es'
    page.get_by_label('Idioma').select_option('ar')
    page.get_by_role('tab', name='صور').click()
    page.get_by_role('button', name='تجربة صورة نموذجية').click()
    page.locator('.fer-photos .fer-name').get_by_text('سعادة').wait_for()  # the word for happy
    assert (
        page.evaluate('document.documentElement.dir') == 'rtl'
        and page.evaluate('document.documentElement.scrollWidth') <= 1280
    )
    assert re.search(
        '\u2068\\d+\u200e?%\u200e?\u2069', page.locator('.fer-photos svg').first.text_content()
    )  # the sign stays with its number
    shot(page, 'arabic')
    page.reload()
    page.get_by_role('tab', name='صور').wait_for()  # and is kept
    page.get_by_label('اللغة').select_option('ja')
    page.get_by_role('tab', name='写真').wait_for()
    assert page.evaluate('document.documentElement.dir') == 'ltr'
    photos(
        page, ('half.jpg', jpeg(np.zeros((300, 300, 3), np.uint8))[:500]), button='写真を選ぶ'
    )  # what the kernel refuses is said in the page's language too
    page.get_by_text('half.jpg は途中で切れているか壊れています').wait_for()
    page.get_by_label('言語').select_option('ar')
    told = page.get_by_text('half.jpg ناقص أو تالف')
    told.wait_for()
    assert told.evaluate('p => p.closest("[lang]").lang') == 'ar'
    shot(page, 'arabic_error')


def test_nothing_is_wider_than_the_screen(visit):
    widths = (390, 768, 1920)
    page = visit(viewport={'width': widths[0], 'height': 1300}, locale='de-DE', color_scheme='dark')
    page.get_by_role('button', name='Kamera starten').click()
    page.locator('.fer-live .fer-box').first.wait_for()
    page.locator('.fer-live .u-wrap').wait_for()
    for tab in ('live', 'photos', 'film', 'quality'):
        if tab != 'live':
            page.locator(f'#fer-tab-{tab}').click()
        if tab == 'quality':
            page.locator('.fer-diagram').wait_for()
        for width in widths:
            page.set_viewport_size({'width': width, 'height': 1300})
            drawn(page, 10)
            wide = page.evaluate(
                "Math.max(document.documentElement.scrollWidth, document.querySelector('.fer-board').scrollWidth)"
            )
            assert wide <= width, (tab, width)
            shot(page, f'{tab}_{width}')


def test_nothing_jumps_when_the_camera_starts(visit):
    page = visit()
    heights = lambda: [
        page.locator(f'.fer-live {s}').first.bounding_box()['y']
        for s in ('.fer-stage', '.fer-bars', '.fer-chart')
    ]
    page.locator('.fer-live .u-wrap').wait_for()
    before = heights()
    start(page)
    until(lambda: 'frames per second' in page.locator('.fer-meter').inner_text())
    drawn(page, 30)
    assert np.abs(np.subtract(heights(), before)).max() < 4, (before, heights())


def test_theme_is_kept(visit, url):
    page = visit(color_scheme='light')
    page.get_by_role('button', name='Dark theme').click()
    page.reload()
    page.get_by_role('button', name='Light theme').wait_for()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == 'dark'
    page.get_by_role('button', name='Light theme').click()  # and can be changed back
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == 'light'


def test_can_be_put_on_a_home_screen(visit, url):
    import json

    page = visit()
    address = page.evaluate("document.querySelector('link[rel=manifest]').href")
    manifest = json.load(urllib.request.urlopen(address))
    assert manifest['name'] and manifest['display'] == 'standalone'
    from PIL import Image
    from urllib.parse import urljoin

    for icon in manifest['icons']:
        assert (
            'x'.join(
                map(
                    str,
                    Image.open(
                        io.BytesIO(urllib.request.urlopen(urljoin(address, icon['src'])).read())
                    ).size,
                )
            )
            == icon['sizes']
        )
    assert urljoin(address, manifest['start_url']) == url


# --- what goes wrong ----------------------------------------------------------------------------------------------------


def test_refused_camera(visit):
    page = visit(camera=False)
    page.get_by_role('button', name=START).click()
    page.get_by_text(
        'The camera is not allowed. Allow it beside the address bar, then press Start camera again.'
    ).wait_for()
    shot(page, 'camera_denied')
    page.locator('#fer-tab-photos').click()  # the page goes on working
    page.get_by_role('button', name='Try a sample photo').click()
    page.locator('.fer-photos .fer-box').wait_for()
    page.get_by_role('button', name='Take a picture').click()
    page.get_by_text(
        'then press Take a picture again'
    ).wait_for()  # the button of this window, not of the other tab


def test_camera_in_use(visit):
    page = visit(
        script="navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Device in use', 'NotReadableError'); }"
    )
    page.get_by_role('button', name=START).click()
    page.get_by_text('The camera is in use. Close the program').wait_for()
    page.get_by_label('Language').select_option('fr')
    page.get_by_text('puis appuyez à nouveau sur Démarrer la caméra.').wait_for()


def test_no_camera_and_no_https(chromium, server):
    browser = chromium('--host-resolver-rules=MAP visitor.test 127.0.0.1')
    try:
        page = browser.new_page(permissions=['camera'], locale='en-US')
        for address, says in (
            (server.url, 'No camera was found.'),
            (
                f'http://visitor.test:{server.port}/',
                'Browsers give a camera only to pages with HTTPS',
            ),
        ):
            go(page, address)
            page.get_by_role('button', name=START).click()
            page.get_by_text(says).wait_for()
    finally:
        browser.close()


def kernel_of(page, server):
    import json
    import psutil

    kernel = json.loads(page.locator('#jupyter-config-data').text_content())['kernelId']
    return next(
        p
        for p in psutil.Process(server.pid).children(recursive=True)
        if kernel in ' '.join(p.cmdline())
    )


def ended(process):
    import psutil

    try:
        return process.status() == 'zombie'
    except psutil.NoSuchProcess:
        return True


def kill(process):
    process.kill()
    until(lambda: ended(process))


def test_a_killed_kernel_is_said_and_the_camera_comes_back(visit, server):
    page = visit()
    start(page)
    kernel_of(page, server).kill()
    page.get_by_text('The server no longer answers this page. Press Reconnect').wait_for()
    shot(page, 'kernel_gone')
    page.get_by_role('button', name='Reconnect').click()
    page.locator('.fer-live .fer-box').first.wait_for()  # the camera goes on by itself


def test_a_start_without_a_kernel(visit, server):
    page = visit()
    kill(kernel_of(page, server))
    page.get_by_role('button', name=START).click()
    page.get_by_text('The server no longer answers this page. Press Reconnect').wait_for()


def test_a_kernel_that_goes_while_it_reads_a_film(visit, server, tmp_path):
    from skimage.data import astronaut
    from fer_nb.inference.video_writer import VideoWriter

    with VideoWriter(tmp_path / 'long.mp4', 10) as out:
        for move in range(400):
            out.add(astronaut()[:300, move % 200 : 240 + move % 200])
    page = visit('film')
    page.evaluate("""() => { const now = performance.now.bind(performance); window.hurry = 0; performance.now = () => now() + hurry;
        const later = setTimeout; window.setTimeout = (f, ms, ...rest) => later(f, ms === 30_000 ? 2_000 : ms, ...rest); }""")  # who can wait so long?
    choose_video(page, tmp_path / 'long.mp4')
    page.get_by_text('Looking at frame').wait_for()
    kernel_of(page, server).kill()
    page.evaluate('hurry = 16_000')
    page.get_by_text('The server does not answer.').wait_for()
    assert page.get_by_role('button', name='Choose a video').is_enabled()


def test_clear_in_the_middle_of_a_batch(visit):
    page = visit('photos')
    photos(page, *[(f'{n}.jpg', jpeg(np.zeros((60, 60, 3), np.uint8))) for n in range(30)])
    page.get_by_text(re.compile('^Photos left to look at: (2\\d|30)$')).wait_for()
    page.get_by_role('button', name='Clear').click()
    assert page.locator('.fer-result').count() == 0
    photos(page, ('new.jpg', jpeg(np.zeros((60, 60, 3), np.uint8))))
    page.get_by_text('new.jpg: no face found').wait_for()
    assert (
        page.locator('.fer-result').count() == 1
    )  # none of the rest, which came before it, comes back


def test_clear_stops_an_upload(visit):
    page = visit(
        'photos',
        script="""window.sent = 0; const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) { sent += data.byteLength ?? data.size ?? data.length; return send.call(this, data); };
        window.reads = []; const read = Blob.prototype.arrayBuffer; // each part is read when the test lets it
        Blob.prototype.arrayBuffer = async function () { await new Promise((go) => reads.push(go)); return read.call(this); };""",
    )
    asked = lambda n: until(
        lambda: page.evaluate('reads.length') == n,
        why=lambda: f"{page.evaluate('reads.length')} parts were read, not {n}",
    )
    photos(page, ('large.jpg', jpeg(np.zeros((60, 60, 3), np.uint8)) + bytes(12_000_000)))
    for part in range(4):
        asked(part + 1)
        page.evaluate(f'reads[{part}]()')
    asked(5)
    before = page.evaluate('sent')
    assert before > 4_000_000
    page.get_by_role('button', name='Clear').click()
    page.evaluate('reads[4]()')  # of twelve parts the fifth was on its way
    photos(page, ('new.jpg', jpeg(np.zeros((60, 60, 3), np.uint8))))
    asked(6)
    page.evaluate('reads[5]()')
    page.get_by_text('new.jpg: no face found').wait_for()  # so the sixth was that of the new photo
    assert page.evaluate('reads.length') == 6 and page.evaluate('sent') - before < 500_000


def test_photos_that_are_never_answered(visit, server):
    page = visit('photos')
    page.evaluate(
        "() => { const later = setTimeout; window.setTimeout = (f, ms, ...rest) => later(f, { 120_000: 2_000, 30_000: 1_000, 15_000: 1_000 }[ms] ?? ms, ...rest); }"
    )  # who can wait so long?
    kernel_of(page, server).kill()
    photos(
        page,
        ('a.jpg', jpeg(np.zeros((60, 60, 3), np.uint8))),
        ('b.jpg', jpeg(np.zeros((60, 60, 3), np.uint8))),
    )
    for name in 'ab':
        page.locator(f'[aria-label="{name}.jpg"]').get_by_text(
            'The server does not answer.'
        ).wait_for()
    until(
        lambda: page.locator('.fer-photos .fer-status').first.inner_text() == ''
    )  # nothing is looked at any more


class Cable:
    "A wire between browser and server that can be cut"

    def __init__(self, to):
        self.to, self.port, self.open, self.whole = to, free_port(), [], True
        self.listener = socket.create_server(('127.0.0.1', self.port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            far = socket.create_connection(('127.0.0.1', self.to))
            self.open += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    def carry(self, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            s.close()

    def cut(self):
        self.whole = False
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []


def test_a_cut_network_and_back(visit, server):
    cable = Cable(server.port)
    page = visit(at=f'http://127.0.0.1:{cable.port}/')
    start(page)
    cable.cut()
    page.get_by_text('There is no connection to the server.').wait_for()
    shot(page, 'network_cut')
    cable.whole = True
    page.get_by_text('There is no connection to the server.').wait_for(state='hidden')
    meter = page.locator('.fer-meter')
    meter.evaluate("m => { m.dataset.rate = ''; }")
    until(
        lambda: (
            page.locator('.fer-live .fer-box').count() >= 1
            and float(meter.get_attribute('data-rate') or 0) > 0
        )
    )
    cable.cut()
    cable.listener.close()


def test_a_page_that_is_left_gives_its_kernel_back(visit, server):
    page = visit()
    kernels = [kernel_of(page, server)]
    for _ in range(4):
        page.reload()
        page.get_by_role('button', name=START).wait_for()
        kernels.append(kernel_of(page, server))
    page.goto('about:blank')
    assert len({k.pid for k in kernels}) == 5
    until(lambda: all(map(ended, kernels)))


# --- the same in JupyterLab -------------------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path):
    "Address of JupyterLab on a copy of app.ipynb, with settings of its own"
    import shutil

    (tmp_path / 'work').mkdir()
    shutil.copy(TOP / 'nbs/app.ipynb', tmp_path / 'work')
    port, own = (
        free_port(),
        {
            'HOME': str(tmp_path),
            **{f'JUPYTER_{k}_DIR': str(tmp_path / k) for k in ('CONFIG', 'RUNTIME')},
            'JUPYTERLAB_SETTINGS_DIR': str(tmp_path / 'settings'),
            'JUPYTERLAB_WORKSPACES_DIR': str(tmp_path / 'spaces'),
        },
    )
    command = [
        'jupyter',
        'lab',
        '--no-browser',
        '--allow-root',
        '--port',
        str(port),
        '--ServerApp.port_retries=0',
        '--IdentityProvider.token=',
        '--ServerApp.password=',
        '--LabApp.news_url=',
        '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
    ]
    with open(tmp_path / 'log', 'w') as f:
        server = subprocess.Popen(
            command, cwd=tmp_path / 'work', stdout=f, stderr=f, env={**os.environ, **own}
        )
    url = f'http://127.0.0.1:{port}/lab/tree/app.ipynb'

    def answers():
        assert server.poll() is None, (tmp_path / 'log').read_text()[-2000:]
        try:
            return urllib.request.urlopen(url, timeout=60).status == 200
        except OSError:
            return False

    until(answers, why='JupyterLab does not start')
    yield url
    server.terminate()
    server.wait(120)


def test_in_jupyterlab(browser, lab):
    "Run all cells of app.ipynb: the same panels, and the camera's face is named"
    page = browser.new_context(viewport=WIDE, locale='en-US', permissions=['camera']).new_page()
    page.set_default_timeout(180_000)
    page.goto(lab)
    page.get_by_text('Python 3 (ipykernel) | Idle').first.wait_for()  # the kernel is ready
    page.get_by_role('menuitem', name='Run', exact=True).click()
    page.get_by_role('menuitem', name='Run All Cells', exact=True).click()
    box = start(page)
    until(lambda: 'happy' in (box.text_content() or ''), why='the face is not named happy')
    page.evaluate(
        "() => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array(9)], 'a.jpg', {type: 'image/jpeg'})); document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true})); }"
    )
    assert (
        page.locator('.fer-photos').count() == 1 and page.locator('.fer-result').count() == 0
    )  # a picture for another cell is none of ours
    shot(page, 'jupyterlab')
    page.context.close()
