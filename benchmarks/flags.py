"""Below how many pixels, and how blurred, is a face's answer not to be trusted?

Pastes validation faces of FER2013 into scenes in several sizes, and blurs them, and writes
benchmarks/flags.json: accuracy by size and by blur, and the limits that
`fer_nb.inference.recognize` warns at (accuracy more than five points below that of the faces as
they are). Needs data/fer2013.csv (or its path as argument); YuNet where its file is.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
import cv2
import numpy as np
from fer_nb.data.fer2013 import load_fer2013
from fer_nb.evaluation.evaluate import predict_dataset
from fer_nb.core.preprocess import faces_input
from fer_nb.inference.recognize import sharpness
from fer_nb.evaluation.robustness import end_to_end, pick
from fer_nb.inference.runtime import OnnxModel

HERE, DROP, N = Path(__file__).parent, 0.05, 800


def by_blur(model, part):
    "Accuracy and median sharpness at each blur"
    rows = []
    for sigma in (0, 0.5, 0.75, 1, 1.25, 1.5, 2, 3):
        blurred = replace(
            part,
            images=np.stack(
                [
                    cv2.GaussianBlur(np.asarray(f), (0, 0), sigma) if sigma else f
                    for f in part.images
                ]
            ),
        )
        right = predict_dataset(model, blurred).argmax(axis=1) == part.labels
        sharp = [sharpness(x) for x in faces_input(blurred.images, model.spec.preprocess)]
        rows.append(
            {
                'sigma': sigma,
                'accuracy': round(float(right.mean()), 4),
                **{f'sharpness_{q}': round(float(np.percentile(sharp, q)), 3) for q in (1, 50, 99)},
            }
        )
    return rows


if __name__ == '__main__':
    part = load_fer2013(
        sys.argv[1] if len(sys.argv) > 1 else HERE.parent / 'data/fer2013.csv'
    ).part('validation')
    model = OnnxModel()
    sizes, blur = end_to_end(model, pick(part, N), sample=N), by_blur(model, part)
    best = {
        r['detector']: max(
            s['accuracy_found'] for s in sizes if s['detector'] == r['detector'] and s['size'] >= 48
        )
        for r in sizes
    }
    crops = max(r['ready_crops'] for r in sizes)
    limit = min(
        r['size']
        for r in sizes
        if all(
            s['ready_crops'] >= crops - DROP
            and (s['accuracy_found'] or 0) >= best[s['detector']] - DROP
            for s in sizes
            if s['size'] >= r['size'] and s['found'] > 0.1
        )
    )
    dull = next(r for r in blur if r['accuracy'] < blur[0]['accuracy'] - DROP)
    result = {
        'command': 'python benchmarks/flags.py',
        'dataset': 'fer2013, validation',
        'model': model.name,
        'drop': DROP,
        'small_face': limit,
        'blurred': dull['sharpness_50'],
        'sizes': sizes,
        'blur': blur,
    }
    (HERE / 'flags.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
