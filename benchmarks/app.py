"""How fast the app answers a visitor's camera, and ten at once: a real Chromium, a fake camera of
640×480; writes app.json beside this file
"""

import argparse
import atexit
import json
import os
import platform
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
import numpy as np
import psutil

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tests'))
from get_browser import find_browser  # noqa: E402

FLAGS = (
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run '
    '--disable-background-networking --disable-component-update --disable-sync '
    '--use-fake-device-for-media-stream --use-fake-ui-for-media-stream'
).split()
START = 'Start camera'


def write_film(path):  # one face that moves, 640×480, 30 frames a second
    import cv2
    from skimage.data import astronaut

    with open(path, 'wb') as f:
        f.write(b'YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n')
        for t in np.linspace(0, 2 * np.pi, 120, endpoint=False):
            m = np.float32([[1.2, 0, 320 - 224 * 1.2 + 110 * np.sin(t)], [0, 1.2, 240 - 120 * 1.2]])
            f.write(
                b'FRAME\n'
                + cv2.cvtColor(
                    cv2.warpAffine(astronaut(), m, (640, 480), borderMode=cv2.BORDER_REPLICATE),
                    cv2.COLOR_RGB2YUV_I420,
                ).tobytes()
            )


class Server:
    "The app on a free port, as `fer-nb app` starts it or without a preheated kernel"

    def __init__(self, preheated):
        from fer_nb.app.server import voila_command
        from fer_nb.app.widgets import STATIC

        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        self.url = f'http://127.0.0.1:{port}/'
        command = voila_command(port, '127.0.0.1', False)
        if not preheated:
            command = [c for c in command if 'preheat' not in c and 'pool_size' not in c]
        self.process = subprocess.Popen(
            command,
            env={**os.environ, 'JUPYTER_PATH': str(STATIC)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(120):
            try:
                urllib.request.urlopen(self.url + 'voila/static/', timeout=1)
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.25)
        if preheated:
            self.until_ready()

    def kernels(self):  # processes; zombies are none
        found = []
        for p in psutil.Process(self.process.pid).children(recursive=True):
            try:
                found += [p] if 'ipykernel' in ' '.join(p.cmdline()) else []
            except psutil.Error:
                pass
        return found

    def until_ready(
        self, seconds=25
    ):  # the kernel for the next visitor has run the notebook: it rests
        end = time.time() + seconds
        while time.time() < end:
            try:
                found = self.kernels()
                if found and all(p.cpu_percent(0.7) < 5 for p in found):
                    return
            except psutil.NoSuchProcess:
                pass  # a visitor's, given back
            time.sleep(0.2)

    def memory(self, kernel_id):  # MB that this kernel alone holds
        p = next(p for p in self.kernels() if kernel_id in ' '.join(p.cmdline()))
        return p.memory_info().rss / 1e6

    def close(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def kernel_id(page):
    return json.loads(page.locator('#jupyter-config-data').text_content())['kernelId']


def meter(page, name):
    return float(page.locator('.fer-meter').get_attribute(f'data-{name}') or 0)


def first_result(
    browser, server
):  # seconds from opening the page to the first named face, on the sample photo
    page = browser.new_page(locale='en-US')
    page.set_default_timeout(120_000)
    began = time.perf_counter()
    page.goto(server.url + '#photos')
    page.get_by_role('button', name='Try a sample photo').click()
    page.locator('.fer-photos .fer-box').wait_for()
    took = time.perf_counter() - began
    page.close()
    return round(took, 2)


def one_visitor(browser, server, seconds=15):
    page = browser.new_page(locale='en-US')
    page.goto(server.url)
    page.get_by_role('button', name=START).click()
    page.locator('.fer-live .fer-box').first.wait_for()
    time.sleep(3)
    rates, delays = [], []
    for _ in range(seconds * 2):
        time.sleep(0.5)
        rates.append(meter(page, 'rate'))
        delays.append(meter(page, 'ms'))
    result = {
        'replies_per_second': round(float(np.median(rates)), 1),
        'median_ms_frame_to_overlay': round(float(np.median(delays)), 1),
        'kernel_rss_mb': round(server.memory(kernel_id(page))),
    }
    page.close()
    return result


COUNT = """() => { // each reply writes the meter anew, as long as there are fewer than ten a second
  window.replies = 0; window.since = performance.now();
  new MutationObserver(() => window.replies++).observe(
    document.querySelector('.fer-meter'), { attributes: true,
    attributeFilter: ['data-ms'] }); }"""


def many_visitors(browser, server, n=10, seconds=20):
    before, pages = len(server.kernels()), []
    for _ in range(n):
        page = browser.new_context(locale='en-US', permissions=['camera']).new_page()
        page.set_default_timeout(180_000)
        page.goto(server.url)
        page.get_by_role('button', name=START).wait_for()
        pages.append(page)
    for page in pages:
        page.get_by_role('button', name=START).click()
    for page in pages:
        page.locator('.fer-live .fer-box').first.wait_for()
    for page in pages:
        page.evaluate(COUNT)  # not the meter's own rate, which looks back two seconds only
    time.sleep(seconds)
    rates = [
        page.evaluate('window.replies/(performance.now() - window.since)*1000') for page in pages
    ]
    states = [page.locator('.fer-live').get_attribute('data-state') for page in pages]
    total = sum(p.memory_info().rss for p in server.kernels()) / 1e6
    for page in pages:
        page.goto('about:blank')
        page.context.close()
    end = time.time() + 60
    while len(server.kernels()) > before and time.time() < end:
        time.sleep(0.5)
    return {
        'visitors': n,
        'slowest_replies_per_second': round(min(rates), 2),
        'median_replies_per_second': round(float(np.median(rates)), 2),
        'still_running': states.count('running'),
        'kernels_mb': round(total),
        'kernels_before': before,
        'kernels_after_they_left': len(server.kernels()),
    }


def main():
    from playwright.sync_api import sync_playwright
    from fer_nb.core.detect import load_detector
    from fer_nb.core.models import find_model
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--parts',
        default='one,first,many',
        help='of: one, first, many; the others keep what app.json says',
    )
    parts = parser.parse_args().parts.split(',')
    out = HERE / 'app.json'
    result = json.loads(out.read_text()) if out.exists() else {}
    result = {
        'command': 'python benchmarks/app.py',
        **result,
        'cpu': f'{os.cpu_count()} cores, {platform.machine()}',
        'camera': '640x480, 30 frames a second, one face',
        'browser': 'headless Chromium on the same machine',
        'model': find_model().name,
        'detector': load_detector().name,
    }
    with sync_playwright() as p, tempfile.TemporaryDirectory() as d:
        write_film(f'{d}/face.y4m')
        browser = p.chromium.launch(
            executable_path=find_browser(),
            args=[*FLAGS, f'--use-file-for-fake-video-capture={d}/face.y4m'],
        )
        server = Server(True)
        atexit.register(server.close)  # also where a part fails
        if 'first' in parts:
            result['first_result_seconds_preheated'] = first_result(browser, server)
            server.until_ready()
        if 'one' in parts:
            result['one_visitor'] = one_visitor(browser, server)
        if 'many' in parts:
            result['many_visitors'] = many_visitors(browser, server)
        server.close()
        if 'first' in parts:
            server = Server(False)
            result['first_result_seconds_cold'] = first_result(browser, server)
            server.close()
        browser.close()
    out.write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))


if __name__ == '__main__':
    main()
