"""How many augmented 48×48 faces a second one process makes: benchmarks/augment.json"""

import json
import time
from pathlib import Path
import numpy as np
from fer_nb.data.augment import Augment, augment_batch, mix_batch
from fer_nb.core.preprocess import faces_input

N, BATCH = 20_000, 128
ALL = Augment(brightness=0.1, contrast=0.2, erase=0.5, mixup=0.2, cutmix=1.0)


def speed(aug):
    "Faces a second through augmentation, preprocessing and mixing"
    rng = np.random.default_rng(0)
    faces, targets = (
        rng.integers(0, 256, (BATCH, 48, 48), np.uint8),
        np.eye(7, dtype=np.float32)[rng.integers(0, 7, BATCH)],
    )
    start = time.perf_counter()
    for _ in range(N // BATCH):
        mix_batch(faces_input(augment_batch(faces, rng, aug)), targets, rng, aug)
    return round(N / (time.perf_counter() - start))


if __name__ == '__main__':
    result = {
        'command': 'python benchmarks/augment.py',
        'faces_per_second': {'geometry only': speed(Augment()), 'everything on': speed(ALL)},
    }
    (Path(__file__).parent / 'augment.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
