"""What the detectors find on group photos and how long they take: benchmarks/detectors.json.

Two scenes: a photo of five people, and a crowd of fourteen small faces composed of copies of it.
Faces are known in both, so false alarms can be counted. Then the smallest face found: the
astronaut (NASA, public domain), made smaller and smaller. Needs the developers' photo
(../shared/photos/group_of_five.jpg, or a path as argument); YuNet where its file is.
"""

import json
import sys
import time
from pathlib import Path
import cv2
import numpy as np
from fer_nb.core.detect import HaarDetector, YuNetDetector, find_yunet
from fer_nb.core.images import read_image
from fer_nb.inference.track import fit

HERE = Path(__file__).parent
WAYS = {
    'haar': HaarDetector,
    'haar, scale 1.3': lambda: HaarDetector(scale_factor=1.3),
    'haar in a copy of 320 pixels': lambda: HaarDetector(max_side=320),
}
if find_yunet():
    WAYS |= {
        'yunet': YuNetDetector,
        'yunet in a copy of 320 pixels': lambda: YuNetDetector(max_side=320),
    }


def crowd(photo, boxes, many=14, side=34):
    "Fourteen faces of about 34 pixels on an even ground of 640×480, and their boxes"
    scene, places, rng = np.full((480, 640, 3), 128, np.uint8), [], np.random.default_rng(0)
    for i in range(many):
        x, y, w, h = boxes[i % len(boxes)]
        pad = w // 2
        y0, x0 = max(0, y - pad), max(0, x - pad)
        cut = photo[y0 : y + h + pad, x0 : x + w + pad]
        scale = side / w
        small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top, left = (
            20 + (i // 5) * 150 + rng.integers(0, 30),
            15 + (i % 5) * 122 + rng.integers(0, 20),
        )
        scene[top : top + small.shape[0], left : left + small.shape[1]] = small
        places.append((left + (x - x0) * scale, top + (y - y0) * scale, w * scale, h * scale))
    return scene, places


def score(detector, scene, places):
    "Faces found, and boxes that are none"
    boxes = [f.box for f in detector(scene)]
    if not boxes:
        return {'found': 0, 'of': len(places), 'false_alarms': 0}
    hit = fit(boxes, places) > 0.25
    return {
        'found': int(hit.any(0).sum()),
        'of': len(places),
        'false_alarms': int((~hit.any(1)).sum()),
    }


def milliseconds(detector, scene, times=20):
    "Of a search: median time on one core and on all, and processor time on one core"
    out = {}
    for name, threads in (('one core', 1), ('all cores', -1)):
        cv2.setNumThreads(threads)
        took = []
        for _ in range(times + 1):
            start, busy = time.perf_counter(), time.thread_time()
            detector(scene)
            took.append((1e3 * (time.perf_counter() - start), 1e3 * (time.thread_time() - busy)))
        wall, cpu = np.median(took[1:], axis=0)
        out |= {name: round(float(wall), 1)} | (
            {'one core, processor time': round(float(cpu), 1)} if threads == 1 else {}
        )
    return out


def smallest(detector):
    "Height in pixels of the smallest face that is found, as are all larger ones, in 640×480"
    from skimage.data import astronaut

    face, last = astronaut(), None
    for side in (160, 120, 80, 60, 48, 40, 32, 28, 24, 20, 16, 12, 10, 8):
        scene, scale = (
            np.full((480, 640, 3), 128, np.uint8),
            side / 128,
        )  # the face is about 128 pixels high
        small = cv2.resize(
            face[:360, 40:400], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )[:440, :600]
        scene[20 : 20 + small.shape[0], 20 : 20 + small.shape[1]] = small
        if not (
            fit(
                [f.box for f in detector(scene)] or [(0, 0, 1, 1)],
                [(20 + 133 * scale, 20 + 68 * scale, 95 * scale, 128 * scale)],
            )
            > 0.2
        ).any():
            break
        last = side
    return last


if __name__ == '__main__':
    path = Path(
        sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / 'shared/photos/group_of_five.jpg'
    )
    if not path.exists():
        sys.exit(f'skipped: {path} is not there; give a photo of five people')
    if not find_yunet():
        sys.exit('skipped: YuNet is needed to say where the faces are; run fer-nb fetch yunet')
    photo = read_image(path)
    five = [f.box for f in YuNetDetector()(photo)]
    assert len(five) == 5, f'{path} should show five people'  # looked at by hand: they are the five
    group = cv2.resize(photo, (640, 480), interpolation=cv2.INTER_AREA)
    sx, sy = 640 / photo.shape[1], 480 / photo.shape[0]
    places = [(x * sx, y * sy, w * sx, h * sy) for x, y, w, h in five]
    many, small_places = crowd(photo, five)
    rows = {}
    for name, make in WAYS.items():
        d = make()
        rows[name] = {
            'ms_640x480': milliseconds(d, group),
            'group': score(d, group, places),
            'crowd': score(d, many, small_places),
            'smallest_face': smallest(d),
        }
    result = {'command': 'python benchmarks/detectors.py', 'detectors': rows}
    (HERE / 'detectors.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
    if '--show' in sys.argv:
        cv2.imwrite('/tmp/crowd.png', many[..., ::-1])
