"""Frames a second that the native window shows and recognizes, and how long its interface is busy
at a time: benchmarks/desktop.json.

A 640×480 video with one moving face, of more frames a second than can be shown, stands in for the
camera; Qt draws to memory. YuNet where its file is.
"""

import json
import os
import tempfile
import time

os.environ.setdefault('QT_QPA_PLATFORM', 'offscreen')
from pathlib import Path
import cv2
import numpy as np
from PySide6.QtWidgets import QApplication
from skimage.data import astronaut
from fer_nb.desktop import Window
from fer_nb.core.detect import find_yunet
from fer_nb.inference.recognize import Recognizer

SECONDS, RATE = 8, 60


def write_video(path):
    "The astronaut (NASA, public domain) moving from side to side"
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*'mp4v'), RATE, (640, 480))
    for t in np.linspace(0, 4 * np.pi, RATE * (SECONDS + 6)):
        m = np.float32([[1.2, 0, 320 - 224 * 1.2 + 120 * np.sin(t)], [0, 1.2, 240 - 140 * 1.2]])
        writer.write(
            cv2.cvtColor(
                cv2.warpAffine(astronaut(), m, (640, 480), borderMode=cv2.BORDER_REPLICATE),
                cv2.COLOR_RGB2BGR,
            )
        )
    writer.release()
    return path


def watch(app, window, seconds):
    "Run the interface; frames that were shown and the time of each of its turns"
    shown, turns, end = 0, [], time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        last = window.times[-1] if window.times else 0
        app.processEvents()
        turns.append(time.perf_counter() - start)
        shown += bool(window.times) and window.times[-1] != last
        time.sleep(0.001)
    return shown, turns


def measure(app, detector, video):
    window = Window(Recognizer.load(detector=detector), camera=video)
    window.show()
    window.toggle_camera()
    watch(app, window, 2)
    shown, turns = watch(app, window, SECONDS)
    faces = len(window.screen.faces)
    window.close()
    return {
        'frames_per_second': round(shown / SECONDS, 1),
        'interface_busy_ms': {
            'median': round(1000 * float(np.median(turns)), 1),
            'p99': round(1000 * float(np.percentile(turns, 99)), 1),
        },
        'faces_at_the_end': faces,
    }


if __name__ == '__main__':
    app = QApplication(['fer-nb'])
    with tempfile.TemporaryDirectory() as d:
        video = write_video(f'{d}/face.mp4')
        result = {
            'command': 'python benchmarks/desktop.py',
            'cores': os.cpu_count(),
            'camera': f'640×480, {RATE} frames a second',
            **{
                name: measure(app, name, video)
                for name in (['yunet'] if find_yunet() else []) + ['haar']
            },
        }
    (Path(__file__).parent / 'desktop.json').write_text(
        json.dumps(result, indent=1, ensure_ascii=False) + '\n'
    )
    print(json.dumps(result, indent=1, ensure_ascii=False))
