"""Frames a second of `analyze_video` and its memory on a long film: benchmarks/video.json. YuNet
where its file is, Haar always.

A face (NASA's astronaut, public domain) is panned and zoomed through a film of 640×480 pixels.
Each way of looking has a process of its own; the clock runs from the first frame to the last row,
loading apart. `python benchmarks/video.py long` adds a film of 30 minutes, which takes minutes.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE, SECONDS = Path(__file__).parent, 20
WAYS = {  # name -> detector, its largest side, search every n-th frame
    'yunet, every frame': ('yunet', 960, 1),
    'yunet, every fifth frame': ('yunet', 960, 5),
    'haar in a copy of 320 pixels': ('haar', 320, 1),
    'haar in a copy of 320 pixels, every fifth frame': ('haar', 320, 5),
}


def make_film(path, seconds=SECONDS, fps=30):
    "A film of one moving face"
    import cv2
    import numpy as np
    from skimage.data import astronaut
    from fer_nb.inference.video_writer import VideoWriter

    with VideoWriter(path, fps) as film:
        for i in range(seconds * fps):
            t = 2 * np.pi * i / (6 * fps)
            z = 1.5 + 0.15 * np.sin(t / 2)
            m = np.float32(
                [[z, 0, 320 - 224 * z + 60 * np.sin(t)], [0, z, 240 - 150 * z + 25 * np.cos(t)]]
            )
            film.add(cv2.warpAffine(astronaut(), m, (640, 480), borderMode=cv2.BORDER_REFLECT))


def repeat(source, path, times):
    "The same film again and again in one file, not encoded anew"
    import av

    with av.open(str(path), 'w') as o:
        for n in range(times):
            with av.open(str(source)) as i:
                stream = i.streams.video[0]
                length = round(SECONDS / stream.time_base)
                if n == 0:
                    out = o.add_stream_from_template(stream)
                for p in i.demux(stream):
                    if p.dts is None:
                        continue
                    p.pts, p.dts, p.stream = p.pts + n * length, p.dts + n * length, out
                    o.mux(p)


def one(film, detector, side, detect_every):
    "In a process of its own: look at a film, say how fast and with how much memory"
    import resource
    from fer_nb.core.detect import load_detector
    from fer_nb.inference.recognize import Recognizer
    from fer_nb.inference.video import analyze_video

    recognizer = Recognizer.load(detector=load_detector(detector, max_side=side), threads=1)
    analyze_video(film, recognizer, end=0.3)  # load what is loaded at the first use
    with tempfile.TemporaryDirectory() as d:
        start, busy = time.perf_counter(), time.process_time()
        summary = analyze_video(film, recognizer, f'{d}/t.csv', detect_every=detect_every)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1e6 if sys.platform == 'darwin' else 1e3
    )
    return {
        'frames_per_second': round(summary.frames / seconds, 1),
        'cpu_ms_per_frame': round(1e3 * busy / summary.frames, 2),
        'frames': summary.frames,
        'frames_with_face': summary.with_face,
        'numbers_given': len(summary.faces),
        'peak_mb': round(peak),
    }


def measure(film, way):
    "Start that process"
    done = subprocess.run(
        [sys.executable, __file__, 'one', film, *map(str, WAYS[way])],
        capture_output=True,
        text=True,
    )
    return (
        json.loads(done.stdout)
        if done.returncode == 0
        else {'skipped': f'status {done.returncode} {done.stderr.strip()[-300:]}'}
    )


if __name__ == '__main__':
    if sys.argv[1:2] == ['one']:
        print(json.dumps(one(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))))
        sys.exit()
    out = HERE / 'video.json'
    with tempfile.TemporaryDirectory() as d:
        if sys.argv[1:2] == ['long']:
            make_film(f'{d}/film.mp4')
            repeat(f'{d}/film.mp4', f'{d}/long.mp4', 1800 // SECONDS)
            way = 'yunet, every fifth frame'
            result = {
                **json.loads(out.read_text()),
                'film of 30 minutes': {'way': way, **measure(f'{d}/long.mp4', way)},
            }
        else:
            make_film(f'{d}/film.mp4')
            kept = {
                k: v
                for k, v in (json.loads(out.read_text()) if out.exists() else {}).items()
                if k == 'film of 30 minutes'
            }
            result = {
                'command': 'python benchmarks/video.py',
                'film': f'640×480, one face, 30 frames a second, {SECONDS} s',
                'cores': os.cpu_count(),
                'processor': platform.processor() or platform.machine(),
                'ways': {way: measure(f'{d}/film.mp4', way) for way in WAYS},
                **kept,
            }
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + '\n')
    print(json.dumps(result, indent=1, ensure_ascii=False))
