"""How long a training step of each network takes here, in bfloat16 or, where that is emulated, in float32, with Keras' batch normalization and with TensorFlow's fused one: benchmarks/train.json"""
import contextlib, json, time
from pathlib import Path
import keras
import numpy as np
from tqdm import tqdm
from fer_nb.train import TrainConfig, fused_batch_norm, make_optimizer, new_network, quick_precision, soft_crossentropy

HERE, BATCH, WARM, TIMED = Path(__file__).parent, 128, 4, 12
PRECISION = quick_precision('mixed_bfloat16')
NETWORKS, TRAINING_FACES = ('mini_xception', 'fernet-small', 'fernet-base', 'deep_cnn'), 28_709

def step_time(name, fused):
    "Median milliseconds of a step: forward, backward, update; the batch is there already"
    config, rng = TrainConfig(name, precision=PRECISION), np.random.default_rng(0)
    x, y = rng.uniform(0, 255, (BATCH,48,48,1)).astype(np.float32), np.eye(7, dtype=np.float32)[rng.integers(0, 7, BATCH)]
    times = []
    with fused_batch_norm() if fused else contextlib.nullcontext():
        net = new_network(config, 'fer2013'); net.compile(make_optimizer(config, 100, 1, config.learning_rate), soft_crossentropy)
        for _ in tqdm(range(WARM+TIMED), desc=f"{name}, {'fused' if fused else 'plain'}"):
            start = time.perf_counter(); net.train_on_batch(x, y); times.append(time.perf_counter() - start)
    return 1000*float(np.median(times[WARM:]))

def row(name):
    plain, fused = step_time(name, False), step_time(name, True)
    return {'plain_ms': round(plain), 'fused_ms': round(fused), 'epoch_seconds': round(fused/1000*-(-TRAINING_FACES//BATCH), 1)}

if __name__ == '__main__':
    result = {'command': 'python benchmarks/train.py', 'faces_a_step': BATCH, 'precision': PRECISION, 'networks': {name: row(name) for name in NETWORKS}}
    (HERE/'train.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
