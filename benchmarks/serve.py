"""64 clients at once on `fer-nb serve`, each going on as soon as it has its answer and coming
again a second after a 429: benchmarks/serve.json.

Answers a second, their times, and the server's memory before and after. YuNet where its file is,
else Haar.
"""

import io
import json
import os
import socket
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
import httpx
import numpy as np
import psutil
from PIL import Image
from skimage.data import astronaut
from fer_nb.core.detect import find_yunet

CLIENTS, SECONDS, DETECTOR = 64, 20, 'yunet' if find_yunet() else 'haar'


def photo():
    "The astronaut (NASA, public domain) on 640×480, as JPEG"
    canvas = np.zeros((480, 640, 3), np.uint8)
    canvas[:, 80:560] = astronaut()[:480, :480]
    buf = io.BytesIO()
    Image.fromarray(canvas).save(buf, 'JPEG')
    return buf.getvalue()


def started():
    "The server on a free port; its process and address"
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    server, url = (
        subprocess.Popen(
            ['fer-nb', 'serve', '--port', str(port), '-d', DETECTOR], stderr=subprocess.DEVNULL
        ),
        f'http://127.0.0.1:{port}',
    )
    for _ in range(100):
        try:
            httpx.get(url + '/healthz')
            return server, url
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit('the server did not start')


def client(url, data, end, seen, times):
    "Ask until `end`; what was answered goes to `seen`, seconds of a 200 to `times`"
    with httpx.Client(timeout=60) as http:
        while time.perf_counter() < end:
            start = time.perf_counter()
            try:
                status = http.post(
                    url + '/predict', content=data, headers={'content-type': 'image/jpeg'}
                ).status_code
            except httpx.HTTPError as e:
                status = type(e).__name__
            seen[status] += 1
            if status == 200:
                times.append(time.perf_counter() - start)
            else:
                time.sleep(1)


def load(url, data, clients, seconds):
    "That many clients for that long"
    seen, times, end = Counter(), [], time.perf_counter() + seconds
    threads = [
        threading.Thread(target=client, args=(url, data, end, seen, times)) for _ in range(clients)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return {
        'clients': clients,
        'seconds': seconds,
        'answers': {str(k): v for k, v in sorted(seen.items(), key=str)},
        'pictures_per_second': round(seen[200] / seconds, 1),
        'milliseconds': {
            p: round(1000 * float(np.percentile(times, q)), 1)
            for p, q in (('median', 50), ('p95', 95), ('slowest', 100))
        },
    }


def megabytes(process):
    "Memory that a process holds"
    return round(process.memory_info().rss / 1e6)


if __name__ == '__main__':
    server, url = started()
    try:
        process, data = psutil.Process(server.pid), photo()
        alone = load(url, data, 1, 5)
        load(url, data, CLIENTS, 5)
        memory, runs = [megabytes(process)], []
        for _ in range(3):
            runs.append(load(url, data, CLIENTS, SECONDS))
            memory.append(megabytes(process))
    finally:
        server.terminate()
        server.wait()
    result = {
        'command': 'python benchmarks/serve.py',
        'cores': os.cpu_count(),
        'detector': DETECTOR,
        'picture': '640×480 JPEG with one face',
        'one_client': alone,
        'at_once': runs,
        'memory_mb': memory,
    }
    (Path(__file__).parent / 'serve.json').write_text(
        json.dumps(result, indent=1, ensure_ascii=False) + '\n'
    )
    print(json.dumps(result, indent=1, ensure_ascii=False))
