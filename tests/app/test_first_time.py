"No frame waits for what is needed for the first time: all of it is loaded before"

import subprocess
import sys

BEGIN = """
import io, os, sys
from pathlib import Path
import numpy as np
from PIL import Image
import fer_nb

SAMPLE = Image.open(Path(fer_nb.__file__).parent/'app/static/astronaut.jpg').convert('RGB')

def frame(faces):
    "The sample's face beside itself, in a JPEG"
    side = SAMPLE.height
    picture = Image.new('RGB', (3*side, side), 'gray')
    for i in range(faces):
        picture.paste(SAMPLE, (i*side, 0))
    picture.thumbnail((1200, 1200))
    out = io.BytesIO()
    picture.save(out, 'JPEG')
    return out.getvalue()

FRAMES = [frame(n) for n in range(4)]
"""

LIVE = (
    BEGIN
    + """
from fer_nb.app.live import LiveWidget
from fer_nb.inference.recognize import Recognizer
live = LiveWidget(Recognizer.load(detector='haar'))
before, seen = set(sys.modules), []
for i, data in enumerate(data for data in FRAMES for _ in range(4)):
    seen.append(len(live.on_frame({'time': i/10}, [data])['faces']))
assert max(seen) == 3, seen
print(sorted(set(sys.modules) - before))
"""
)

READY = (
    BEGIN
    + """
os.environ.update({'VOILA_PREHEAT': 'True', 'FER_NB_DETECTOR': 'haar'})
from fer_nb.app.page import load_app
header, live, photos, film, quality = load_app()
before = set(sys.modules)
for i, data in enumerate(data for data in FRAMES for _ in range(4)):
    live.on_frame({'time': i/10}, [data])
face = photos.on_sample({}, [])['faces'][0]
photos.on_heat({'box': face['box'], 'label': face['label']}, [FRAMES[1]])
quality.on_report({}, [])
print(sorted(set(sys.modules) - before))
"""
)


def loaded(code):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_frames_of_a_camera_load_nothing():
    "Of none to three faces: two of them are matched by SciPy"
    assert loaded(LIVE) == '[]'


def test_a_kernel_that_was_made_ready_loads_nothing_later():
    assert loaded(READY) == '[]'
