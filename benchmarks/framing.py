"""How a detector's squared box lies on the training faces of FER2013: is a margin needed?

Pastes training faces into a larger canvas, detects them, and writes benchmarks/framing.json: the
median width of the squared box as a fraction of the training crop's, and the median offset of its
center, and where the landmarks lie. Needs data/fer2013.csv (or its path as argument); YuNet where
its file is.
"""

import json
import sys
from pathlib import Path
import cv2
import numpy as np
from tqdm import tqdm
from fer_nb.data.fer2013 import load_fer2013
from fer_nb.core.detect import HaarDetector, YuNetDetector, find_yunet
from fer_nb.core.preprocess import square_box

HERE, N, CANVAS, SIDE = Path(__file__).parent, 1500, 320, 160


def pasted(face):
    "A face, enlarged, in the middle of a canvas that goes on from its blurred edge"
    at = (CANVAS - SIDE) // 2
    big = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    canvas = cv2.GaussianBlur(cv2.copyMakeBorder(big, *[at] * 4, cv2.BORDER_REPLICATE), (0, 0), 9)
    canvas[at : at + SIDE, at : at + SIDE] = big
    return cv2.cvtColor(canvas, cv2.COLOR_GRAY2RGB)


def measure(detector, faces):
    "Medians over the faces that were found once"
    rows, marks = [], []
    for face in tqdm(faces, desc=detector.name):
        found = detector(pasted(face))
        if len(found) == 1:
            x, y, w, _ = square_box(found[0].box)
            if found[0].landmarks is not None:
                marks.append((found[0].landmarks - (CANVAS - SIDE) / 2) / SIDE)
            rows.append(
                (w / SIDE, (x + w / 2 - CANVAS / 2) / SIDE, (y + w / 2 - CANVAS / 2) / SIDE)
            )
    width, dx, dy = np.median(rows, axis=0)
    at = {'landmarks': np.median(marks, axis=0).round(3).tolist()} if marks else {}
    return {
        'faces': len(faces),
        'found_once': len(rows),
        'width': round(float(width), 3),
        'offset_x': round(float(dx), 3),
        'offset_y': round(float(dy), 3),
        **at,
    }


if __name__ == '__main__':
    train = load_fer2013(
        sys.argv[1] if len(sys.argv) > 1 else HERE.parent / 'data/fer2013.csv'
    ).part('train')
    faces = train.images[np.sort(np.random.default_rng(0).choice(len(train), N, replace=False))]
    detectors = [HaarDetector()] + ([YuNetDetector()] if find_yunet() else [])
    result = {
        'command': 'python benchmarks/framing.py',
        'dataset': 'fer2013, training part',
        **{d.name: measure(d, faces) for d in detectors},
    }
    (HERE / 'framing.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
