"""Train a network with several seeds on a GPU, in a fixed time, with Keras on JAX.

    make train-gpu                                            # ten minutes, three seeds
    python3 tools/train_gpu.py --minutes 9 --seeds 31 32 33   # the same, where make cannot install

It needs jax, keras and what fer_nb.data needs, and no TensorFlow. --data may be an .npz of images,
labels and usage, which is read in a second where fer2013.csv takes half a minute. All faces lie on
the device, which changes them there (tools/device_augment.py), so the processor has nothing to do.
Before the first seed one epoch is timed; each seed then gets as many epochs as fit, at most
--epochs, so its rate falls to the end of its cosine. If time runs out all the same, the best of
each seed is kept.

The output folder gets seed-N.keras (the averaged weights of the best epoch on PublicTest, in
float32, under 16 MB), seed-N.csv, train.json and results.json. PrivateTest is not looked at.
Not made here: teachers, heads before bodies (with weights to begin with, all layers learn at
fine_rate from the start), cutmix, balanced sampling, and the plateau schedule.
"""

import argparse
import csv
import json
import math
import os
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
MOST_BYTES = 16e6
RESERVE = 20  # seconds that are kept for writing


def refuse(config):
    "What this trainer cannot do for a configuration, as one line; empty where it can"
    aug = config.augment
    absent = {
        'teachers': config.teachers,
        'cutmix': aug is not None and aug.cutmix,
        'balanced_sampling': config.balanced_sampling,
        'plateau': config.plateau,
        'color': config.preprocess.channels != 1,
    }
    named = [name for name, asked in absent.items() if asked]
    return f'{", ".join(named)}: not made by train_gpu.py; use fer-nb train' if named else ''


def planned_epochs(seconds_an_epoch, seconds_left, seeds, most):
    "As many epochs as each of the seeds can have, at least 1"
    return max(1, min(most, int(seconds_left / seeds / seconds_an_epoch)))


def rate_at(step, warmup, total, highest):
    "A straight warm-up, then a cosine down to a hundredth"
    if step < warmup:
        return highest * (step + 1) / warmup
    share = (step - warmup) / max(1, total - warmup)
    return highest * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)


# The faces, on the device


def targets_of(part, config):  # a list of N×classes float32, one for each head
    from fer_nb.training.batches import first_targets, second_votes

    second = [second_votes(part, config)] if config.second else []
    return [first_targets(part, config), *second]


def enlarger(size, wanted):
    "The matrix that does to rows what cv2.resize does, or None where nothing changes"
    import cv2
    import numpy as np

    if size == wanted:
        return None
    how = cv2.INTER_AREA if size > wanted else cv2.INTER_CUBIC
    return cv2.resize(np.eye(size, dtype=np.float32), (size, wanted), interpolation=how)


def input_maker(config, size):
    "A function from changed faces N×S×S to the input of the network"
    import jax.numpy as jnp

    matrix = enlarger(size, config.preprocess.size)

    def make(faces):
        if matrix is not None:
            faces = jnp.clip(matrix @ faces @ matrix.T, 0, 255)
        return faces[..., None]

    return make


# The network as functions


class Trainer:
    "A network, its optimizer and the average of its weights, as functions that JAX compiles once"

    def __init__(self, config, label_set, images, targets, scan=True):
        import jax
        import jax.numpy as jnp

        from fer_nb.training.optimizers import make_optimizer
        from fer_nb.training.train import new_network

        self.config, self.label_set = config, label_set
        self.model = new_network(config, label_set)  # its layers; the weights are in the state
        self.optimizer = make_optimizer(replace(config, ema=0.0, plateau=1), steps=1)
        self.optimizer.build(self.model.trainable_variables)
        paths = [v.path for v in self.optimizer.variables]
        self.rate_place = next(i for i, p in enumerate(paths) if p.endswith('learning_rate'))
        self.data = jnp.asarray(images), [jnp.asarray(t) for t in targets]
        self.to_input = input_maker(config, images.shape[1])
        self.epoch = jax.jit(self._epoch) if scan else self._step_by_step
        self.step = jax.jit(self._step)
        self.answers = jax.jit(self._answers)

    @property
    def steps(self):
        return max(1, len(self.data[0]) // self.config.batch_size)

    def begin(self, seed):
        "The state before the first step: weights, statistics, optimizer, averaged weights"
        import keras

        from fer_nb.training.train import new_network

        keras.utils.set_random_seed(seed)
        fresh = new_network(replace(self.config, seed=seed), self.label_set)
        weights = [v.value for v in fresh.trainable_variables]
        rest = [v.value for v in fresh.non_trainable_variables]
        return weights, rest, [v.value for v in self.optimizer.variables], weights

    def _batch(self, data, rows, key):
        import jax

        from device_augment import change_faces, mix

        images, targets = data
        faces, targets = images[rows].astype('float32'), [t[rows] for t in targets]
        change, blend = jax.random.split(key)
        aug = self.config.augment
        if aug:
            faces = change_faces(change, faces, aug)
        faces = self.to_input(faces)
        return mix(blend, faces, targets, aug.mixup) if aug and aug.mixup else (faces, targets)

    def _loss(self, weights, rest, faces, targets):
        from fer_nb.training.optimizers import soft_crossentropy

        outputs, rest, penalties = self.model.stateless_call(
            weights, rest, faces, training=True, return_losses=True
        )
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        parts = [soft_crossentropy(t, o).mean() for t, o in zip(targets, outputs, strict=True)]
        second = sum(self.config.second_weight * p for p in parts[1:])
        right = (outputs[0].argmax(-1) == targets[0].argmax(-1)).mean()
        return parts[0] + second + sum(penalties), (rest, right)

    def _step(self, data, state, given):
        import jax

        weights, rest, moments, average = state
        rows, key, rate = given
        faces, targets = self._batch(data, rows, key)
        grade = jax.value_and_grad(self._loss, has_aux=True)
        (loss, (rest, right)), slopes = grade(weights, rest, faces, targets)
        moments = list(moments)
        moments[self.rate_place] = rate
        weights, moments = self.optimizer.stateless_apply(moments, slopes, weights)
        keep = self.config.ema
        average = [keep * a + (1 - keep) * w for a, w in zip(average, weights, strict=True)]
        return (weights, rest, list(moments), average), (loss, right)

    def _epoch(self, data, state, rows, keys, rates):
        import jax

        step = partial(self._step, data)
        state, (losses, right) = jax.lax.scan(step, state, (rows, keys, rates))
        return state, losses.mean(), right.mean()

    def _step_by_step(self, data, state, rows, keys, rates):
        losses, right = [], []
        for given in zip(rows, keys, rates, strict=True):
            state, (loss, share) = self.step(data, state, given)
            losses.append(float(loss))
            right.append(float(share))
        return state, sum(losses) / len(losses), sum(right) / len(right)

    def _answers(self, average, rest, faces):
        outputs, _ = self.model.stateless_call(average, rest, faces, training=False)
        return outputs[0] if isinstance(outputs, (list, tuple)) else outputs

    def run_epoch(self, state, seed, number, total):
        "One pass over the faces, in an order and with changes of this seed and epoch"
        import jax
        import jax.numpy as jnp

        key = jax.random.fold_in(jax.random.key(seed), number)
        order, changes = jax.random.split(key)
        count = len(self.data[0])
        batch = min(self.config.batch_size, count)
        rows = jax.random.permutation(order, count)[: self.steps * batch]
        rows = rows.reshape(self.steps, batch)
        keys = jax.random.split(changes, self.steps)
        return self.epoch(self.data, state, rows, keys, jnp.float32(self._rates(number, total)))

    def _rates(self, number, total):
        warmup = max(1, round(self.config.warmup_epochs * self.steps))
        highest = self.config.fine_rate if self.config.weights else self.config.learning_rate
        places = range(number * self.steps, (number + 1) * self.steps)
        return [rate_at(i, warmup, total * self.steps, highest) for i in places]

    def judge(self, state, faces, labels):
        "Accuracy and loss of the averaged weights"
        import numpy as np

        _, rest, _, average = state
        logits = np.concatenate(
            [self.answers(average, rest, faces[i : i + 512]) for i in range(0, len(faces), 512)]
        ).astype('float64')
        logits -= logits.max(axis=1, keepdims=True)
        chosen = logits[np.arange(len(labels)), labels]
        loss = (np.log(np.exp(logits).sum(axis=1)) - chosen).mean()
        return float((logits.argmax(axis=1) == labels).mean()), float(loss)

    def save(self, state, path):
        "Write the averaged weights as a network in float32"
        from fer_nb.training.networks import in_precision

        _, rest, _, average = state
        variables = self.model.trainable_variables + self.model.non_trainable_variables
        for variable, value in zip(variables, [*average, *rest], strict=True):
            variable.assign(value)
        in_precision(self.model, 'float32').save(path)


# A run of each seed


def run_seed(trainer, seed, held_out, epochs, deadline, out):
    "Train until the epochs or the time are used up; write the best; returns what came of it"
    name, state, best, rows = f'seed-{seed}', trainer.begin(seed), None, []
    for number in range(epochs):
        start = time.perf_counter()
        state, loss, accuracy = trainer.run_epoch(state, seed, number, epochs)
        loss = float(loss)
        if not math.isfinite(loss):
            print(f'{name}: the loss became NaN; lower learning_rate', flush=True)
            break
        found, val_loss = trainer.judge(state, *held_out)
        seconds = round(time.perf_counter() - start, 2)
        rows.append([number, loss, float(accuracy), found, val_loss, seconds])
        print(
            f'{name} epoch {number + 1}/{epochs}: PublicTest {found:.4f}, {seconds} s', flush=True
        )
        if best is None or found > best[0]:
            best = (found, number, state)
        if time.monotonic() > deadline:
            break
    if best is None:
        return {'epochs': 0}
    trainer.save(best[2], out / f'{name}.keras')
    write_history(out / f'{name}.csv', rows)
    return {'val_accuracy': round(best[0], 5), 'best_epoch': best[1], 'epochs': len(rows)}


def write_history(path, rows):
    with open(path, 'w', newline='') as f:
        table = csv.writer(f, lineterminator='\n')
        table.writerow(['epoch', 'loss', 'accuracy', 'val_accuracy', 'val_loss', 'seconds'])
        table.writerows(rows)


def time_an_epoch(trainer, held_out):
    "Seconds of an epoch and of judging it, once both are compiled"
    state = trainer.begin(0)
    for _ in range(2):
        start = time.perf_counter()
        after, _, _ = trainer.run_epoch(state, 0, 0, 1)
        trainer.judge(after, *held_out)
    return time.perf_counter() - start


def read_arrays(path):
    "FER2013 from an .npz of images, labels and usage, in the order of fer2013.csv"
    import numpy as np

    from fer_nb.core.labels import get_label_set
    from fer_nb.data.dataset import FaceDataset

    parts = np.array(['Training', 'PublicTest', 'PrivateTest'])
    with np.load(path) as arrays:
        images, labels, usage = (arrays[name] for name in ('images', 'labels', 'usage'))
    split = (usage[:, None] == parts).argmax(axis=1).astype(np.uint8)
    return FaceDataset(images, labels, split, get_label_set('fer2013'), np.arange(len(labels)))


def load_faces(args, config):
    from fer_nb.data.fer2013 import load_fer2013, with_ferplus
    from fer_nb.training.train import some_of

    faces = (read_arrays if args.data.suffix == '.npz' else load_fer2013)(args.data)
    if config.second:
        faces = with_ferplus(faces, args.votes)
    return [some_of(faces.part(part), config) for part in ('train', 'validation')]


def prepare(args, config):
    "The trainer of a configuration, and the faces and labels that it is judged on"
    import jax.numpy as jnp
    import numpy as np

    from fer_nb.core.preprocess import faces_input

    training, validation = load_faces(args, config)
    images, targets = np.asarray(training.images), targets_of(training, config)
    trainer = Trainer(config, training.label_set, images, targets, args.scan)
    size = 4 * trainer.model.count_params()
    if size > MOST_BYTES:
        sys.exit(f'{config.model} has {size / 1e6:.1f} MB of weights; at most 16 MB come back')
    held_out = jnp.asarray(faces_input(validation.images, config.preprocess))
    return trainer, (held_out, np.asarray(validation.labels))


def train_all(args, config, deadline):
    "A run of each seed; returns what came of each"
    from fer_nb.training.config import save_config

    trainer, held_out = prepare(args, config)
    seconds = time_an_epoch(trainer, held_out)
    left = deadline - time.monotonic()
    epochs = planned_epochs(seconds, left, len(args.seeds), args.epochs)
    print(f'{seconds:.2f} s an epoch, {left:.0f} s left: {epochs} epochs a seed', flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    save_config(replace(config, epochs=epochs), args.out)
    results = {}
    for i, seed in enumerate(args.seeds):
        left = deadline - time.monotonic()
        if i and left < seconds:
            print(f'no time is left for seed {seed}', flush=True)
            break
        until = time.monotonic() + left / (len(args.seeds) - i)
        results[f'seed-{seed}'] = run_seed(trainer, seed, held_out, epochs, until, args.out)
        (args.out / 'results.json').write_text(json.dumps(results, indent=1) + '\n')
    return results


def arguments():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--config', type=Path, default=TOP / 'tools/teachers/wide.json')
    ap.add_argument('--data', type=Path, default=TOP / 'data/fer2013.csv')
    ap.add_argument('--votes', type=Path, default=TOP / 'data/fer2013new.csv')
    ap.add_argument('--out', type=Path, default=TOP / 'runs/gpu')
    ap.add_argument('--seeds', type=int, nargs='+', default=[31, 32, 33])
    ap.add_argument('--epochs', type=int, default=120, help='at most, for each seed')
    ap.add_argument('--minutes', type=float, default=10, help='for all, reading the faces included')
    ap.add_argument(
        '--scan',
        action=argparse.BooleanOptionalAction,
        help='one call of the device for an epoch, not for a batch; as it is where there is a GPU',
    )
    ap.add_argument('--faces', type=int, default=0, help='use so many, to try it out; 0 for all')
    return ap.parse_args()


def main():
    began = time.monotonic()
    args = arguments()
    for path in (args.config, args.data, args.votes):
        if not path.exists():
            sys.exit(f'{path} is not there; data/README.md says how to get the faces and votes')
    os.environ.setdefault('KERAS_BACKEND', 'jax')
    sys.path.insert(0, str(TOP))
    try:
        import jax
        import keras
    except ImportError as e:
        sys.exit(f'{e.name} is not installed; run: pip install jax keras')
    if keras.backend.backend() != 'jax':
        sys.exit('KERAS_BACKEND is not jax; run it with KERAS_BACKEND=jax')
    from fer_nb.training.config import load_config

    config = replace(load_config(args.config), seed=args.seeds[0], subset=args.faces)
    if why := refuse(config):
        sys.exit(why)
    if jax.default_backend() == 'cpu':  # XLA's convolutions for processors are slow in both
        print('no GPU is there: training in float32, batch by batch, to try it out', flush=True)
        config = replace(config, precision='float32')
    if args.scan is None:
        args.scan = jax.default_backend() != 'cpu'
    deadline = began + 60 * args.minutes - RESERVE
    print(f'training {config.model} on {jax.devices()[0].device_kind}', flush=True)
    for seed, result in train_all(args, config, deadline).items():
        print(seed, result, flush=True)


if __name__ == '__main__':
    main()
