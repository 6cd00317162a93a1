"""Frames a second of `fer` (PyPI) and of fer_nb on the same film, each in its default, in turn, in
one run: benchmarks/peers.json.

`fer` gets an environment of its own (it brings another OpenCV and TensorFlow) in the folder
FER_NB_PEERS, or in the user's cache; it is made at the first run, with a network. Its wheel is
installed without facenet-pytorch, which only its other detector imports, and with OpenCV under 5,
which still has the Haar cascade that its default needs. Without that environment the run says so
and writes nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from video import make_film

HERE, TURNS, SECONDS = Path(__file__).parent, 3, 15
NEEDS = [
    'tensorflow-cpu' if sys.platform == 'linux' else 'tensorflow',
    'opencv-contrib-python>=4.13,<5',
    'pandas',
    'requests',
    'tqdm',
    'moviepy==1.0.3',
    'ffmpeg-python',
    'matplotlib',
    'pillow',
    'setuptools<81',
]
THEIRS = """
import sys, time, json, importlib.metadata, cv2
from fer.fer import FER
detector, film = FER(), cv2.VideoCapture(sys.argv[1])
frames = []
detector.detect_emotions(film.read()[1]) # the first is slow
n = found = 0; start, busy = time.perf_counter(), time.process_time()
while True:
    there, image = film.read()
    if not there: break
    n += 1; found += bool(detector.detect_emotions(image))
rate = n/(time.perf_counter() - start)
cpu = 1e3*(time.process_time() - busy)/n
print(json.dumps([rate, cpu, found/n, importlib.metadata.version('fer')]))
"""
OURS = """
import sys, time, json, fer_nb
from fer_nb.inference.recognize import Recognizer
from fer_nb.inference.video import analyze_video
recognizer = Recognizer.load(threads=1)
analyze_video(sys.argv[1], recognizer, end=.3) # theirs is warm too
start, busy = time.perf_counter(), time.process_time()
s = analyze_video(sys.argv[1], recognizer)
rate = s.frames/(time.perf_counter() - start)
cpu = 1e3*(time.process_time() - busy)/s.frames
version = f'{fer_nb.__version__}, {recognizer.detector.name}'
print(json.dumps([rate, cpu, s.with_face/s.frames, version]))
"""


def peer_python():
    "Python of an environment that has fer; made if it is not there"
    import pooch

    folder = Path(os.environ.get('FER_NB_PEERS') or pooch.os_cache('fer_nb')) / 'fer'
    python = folder / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
    if (
        subprocess.run([python, '-c', 'import fer.fer'], capture_output=True).returncode == 0
        if python.exists()
        else False
    ):
        return python
    uv = shutil.which('uv')
    install = (
        [uv, 'pip', 'install', '--python', python] if uv else [python, '-m', 'pip', 'install', '-q']
    )
    try:
        if not python.exists():
            subprocess.run(
                [uv, 'venv', folder, '--python', sys.executable]
                if uv
                else [sys.executable, '-m', 'venv', folder],
                check=True,
                capture_output=True,
            )
        for words in (['--no-deps', 'fer'], NEEDS):
            subprocess.run([*install, *words], check=True, capture_output=True, text=True)
        subprocess.run([python, '-c', 'import fer.fer'], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as e:
        said = getattr(e, 'stderr', '') or str(e)
        why = said.strip().splitlines()[-1]
        sys.exit(f'skipped: fer could not be installed in {folder} ({why})')
    return python


def run(python, code, film):
    "One turn in a process: frames a second, CPU ms a frame, share with a face, version"
    done = subprocess.run(
        [python, '-c', code, film],
        capture_output=True,
        text=True,
        env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3', 'PYTHONWARNINGS': 'ignore'},
    )
    if done.returncode:
        sys.exit(f'skipped: {done.stderr.strip().splitlines()[-1]}')
    return json.loads(done.stdout.strip().splitlines()[-1])


def told(turns):
    "The best turn, since what else goes on on the machine only slows"
    fps, cpu, found, version = max(turns)
    return {
        'version': version,
        'frames_per_second': round(fps, 1),
        'turns': [round(t[0], 1) for t in turns],
        'cpu_ms_per_frame': round(min(t[1] for t in turns), 2),
        'frames_with_face': round(found, 3),
    }


if __name__ == '__main__':
    python, theirs, ours = peer_python(), [], []
    with tempfile.TemporaryDirectory() as d:
        make_film(f'{d}/film.mp4', SECONDS)
        for _ in range(TURNS):
            theirs.append(run(python, THEIRS, f'{d}/film.mp4'))
            ours.append(run(sys.executable, OURS, f'{d}/film.mp4'))
    result = {
        'command': 'python benchmarks/peers.py',
        'film': f'640×480, one face, {SECONDS} s, read from a file',
        'cores': os.cpu_count(),
        'fer': told(theirs),
        'fer_nb': told(ours),
        'times_as_fast': round(max(o[0] for o in ours) / max(t[0] for t in theirs), 2),
    }
    (HERE / 'peers.json').write_text(json.dumps(result, indent=1, ensure_ascii=False) + '\n')
    print(json.dumps(result, indent=1, ensure_ascii=False))
