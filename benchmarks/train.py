"""How long a training step of each network takes here, in bfloat16 or, where that is slower, in
float32: with TensorFlow's own convolutions in place of oneDNN's, with Keras' batch
normalization in place of the fused one, and as it is trained: benchmarks/train.json
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
import numpy as np
from tqdm import tqdm

HERE, BATCH, WARM, TIMED = Path(__file__).parent, 128, 4, 12
NETWORKS, TRAINING_FACES = ('mini_xception', 'fernet-small', 'fernet-base', 'deep_cnn'), 28_709


def step_time(name, fused):
    "Median milliseconds of a step: forward, backward, update; the batch is there already"
    from fer_nb.training.backend import fused_batch_norm, quick_precision
    from fer_nb.training.config import TrainConfig
    from fer_nb.training.optimizers import make_optimizer, soft_crossentropy
    from fer_nb.training.train import new_network

    config, rng = (
        TrainConfig(name, precision=quick_precision('mixed_bfloat16')),
        np.random.default_rng(0),
    )
    x, y = (
        rng.uniform(0, 255, (BATCH, 48, 48, 1)).astype(np.float32),
        np.eye(7, dtype=np.float32)[rng.integers(0, 7, BATCH)],
    )
    times = []
    with fused_batch_norm() if fused else contextlib.nullcontext():
        net = new_network(config, 'fer2013')
        net.compile(make_optimizer(config, 100, 1, config.learning_rate), soft_crossentropy)
        for _ in range(WARM + TIMED):
            start = time.perf_counter()
            net.train_on_batch(x, y)
            times.append(time.perf_counter() - start)
    return {'ms': round(1000 * float(np.median(times[WARM:]))), 'precision': config.precision}


def alone(
    name, *plain, **env
):  # a process each: TensorFlow chooses its convolutions when it is imported
    return json.loads(
        subprocess.check_output(
            [sys.executable, __file__, name, *plain],
            env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3', **env},
            stderr=subprocess.DEVNULL,
        )
    )


def row(name):
    own, plain, fused = alone(name, TF_ENABLE_ONEDNN_OPTS='0'), alone(name, '--plain'), alone(name)
    return fused['precision'], {
        'own_convolutions_ms': own['ms'],
        'plain_normalization_ms': plain['ms'],
        'ms': fused['ms'],
        'epoch_seconds': round(fused['ms'] / 1000 * (TRAINING_FACES // BATCH), 1),
    }


if __name__ == '__main__':
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('network', nargs='?', choices=NETWORKS, help='print the time of one alone')
    ap.add_argument('--plain', action='store_true', help="with Keras' batch normalization")
    args = ap.parse_args()
    if args.network:
        print(json.dumps(step_time(args.network, not args.plain)))
        raise SystemExit
    rows = {name: row(name) for name in tqdm(NETWORKS)}
    result = {
        'command': 'python benchmarks/train.py',
        'faces_a_step': BATCH,
        'precision': next(iter(rows.values()))[0],
        'networks': {name: times for name, (_, times) in rows.items()},
    }
    (HERE / 'train.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
