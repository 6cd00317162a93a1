"""What each piece of fernet-small's recipe brings, on PublicTest: benchmarks/ablation.json.

    python tools/ablate.py                      # every variant, once
    python tools/ablate.py --seeds 0 1 2        # over three seeds
    python tools/ablate.py --only all no_mixup  # some of them
    # The whole first run, over three seeds
    python tools/ablate.py --only all --epochs 60 --seeds 0 1 2 --out benchmarks/seeds.json

Runs that are finished count, whatever --only says, and so does what an earlier call wrote into
the file, if it was of as many epochs; delete it to begin anew. The recipe is
models/fernet-small/first.json in fewer epochs, its warm-up and the window of its averaged weights
shorter in proportion; each variant changes one thing in it, or in the faces. Runs live in
runs/ablation/ and go on where they were stopped; the file is written after each. PrivateTest is
not looked at.
"""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from fer_nb.data.audit import drop_leaks
from fer_nb.data.fer2013 import load_fer2013, with_ferplus
from fer_nb.training.config import load_config
from fer_nb.training.history import read_history
from fer_nb.training.train import train

TOP = Path(__file__).resolve().parent.parent


def augment(**kw):
    return lambda c: replace(c, augment=replace(c.augment, **kw))


VARIANTS = {
    'all': lambda c: c,
    'no_ferplus_votes': lambda c: replace(c, second=None),
    'no_mixup': augment(mixup=0.0),
    'no_erasing': augment(erase=0.0),
    'no_light': augment(brightness=0.0, contrast=0.0),
    'sharp': augment(sharp=True),
    'flip_only': augment(rotate=0.0, shift=0.0, zoom=0.0),
    'no_averaging': lambda c: replace(c, ema=0.0),
    'no_smoothing': lambda c: replace(c, label_smoothing=0.0),
    'muon': lambda c: replace(c, optimizer='muon'),
    'sgd': lambda c: replace(c, optimizer='sgd', learning_rate=0.1, weight_decay=5e-4),
    'taught': lambda c: replace(c, teachers=('fernet-small',)),
    'taught_views': lambda c: replace(c, teachers=('fernet-small',), teach_views=True),
    'no_leaked_faces': lambda c: c,
}
FACES = {
    'no_leaked_faces': drop_leaks
}  # training faces that stand in PublicTest or PrivateTest, bit for bit


def shorten(config, epochs):
    "The same recipe in fewer epochs"
    share = epochs / config.epochs
    return replace(
        config,
        epochs=epochs,
        warmup_epochs=round(config.warmup_epochs * share, 3),
        ema=round(config.ema ** (1 / share), 4),
    )


def last_accuracy(folder):
    "On PublicTest: the mean of the last twentieth of the epochs, which nobody chose"
    rows = read_history(folder)
    return float(np.mean([row['val_accuracy'] for row in rows[-max(1, len(rows) // 20) :]]))


def known(path, epochs):  # what the file says -> {(variant, seed): accuracy}
    old = json.loads(path.read_text()) if path.exists() else {}
    return (
        {
            (v, int(seed)): a
            for v, of_seeds in old.get('accuracies', {}).items()
            for seed, a in of_seeds.items()
        }
        if old.get('epochs') == epochs
        else {}
    )


def commands(path, epochs):  # this one after those that wrote what is known
    old = json.loads(path.read_text()) if path.exists() else {}
    return ' && '.join(
        dict.fromkeys(
            [
                *(old['command'].split(' && ') if old.get('epochs') == epochs else []),
                shlex.join(['python', 'tools/ablate.py', *sys.argv[1:]]),
            ]
        )
    )


def table(done, epochs, command):  # {(variant, seed): accuracy} -> what the file says
    rows = {
        v: {s: done[v, s] for (w, s) in sorted(done) if w == v}
        for v in VARIANTS
        if any(w == v for w, _ in done)
    }
    pairs = {
        v: [done[v, s] - done['all', s] for (w, s) in done if w == v and ('all', s) in done]
        for v in rows
    }  # of the same seed
    several = any(len(a) > 1 for a in rows.values())
    return {
        'command': command,
        'split': 'PublicTest',
        'epochs': epochs,
        'variants': {
            v: {
                'accuracy': round(float(np.mean(list(a.values()))), 4),
                'difference': round(float(np.mean(pairs[v])), 4) if pairs[v] else None,
                'seeds': len(a),
                **(
                    {'spread': round(float(np.ptp(list(a.values()))), 4) if len(a) > 1 else None}
                    if several
                    else {}
                ),
            }
            for v, a in rows.items()
        },
        'accuracies': {v: {s: round(x, 4) for s, x in a.items()} for v, a in rows.items()},
    }  # by seed, for the next call


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--epochs', type=int, default=10)
    ap.add_argument('--seeds', type=int, nargs='+', default=[0])
    ap.add_argument('--only', nargs='+', choices=VARIANTS, default=list(VARIANTS))
    ap.add_argument('--data', default=TOP / 'data/fer2013.csv')
    ap.add_argument('--votes', default=TOP / 'data/fer2013new.csv')
    ap.add_argument('--runs', type=Path, default=TOP / 'runs/ablation')
    ap.add_argument('--out', type=Path, default=TOP / 'benchmarks/ablation.json')
    args = ap.parse_args()
    ds, config, done = (
        with_ferplus(load_fer2013(args.data), args.votes),
        shorten(load_config(TOP / 'models/fernet-small/first.json'), args.epochs),
        known(args.out, args.epochs),
    )
    command = commands(args.out, args.epochs)
    for seed in args.seeds:  # what earlier calls did on this machine
        for name in VARIANTS:
            if (
                len(read_history(folder := args.runs / f'{name}-{args.epochs}-{seed}'))
                == args.epochs
            ):
                done[name, seed] = last_accuracy(folder)
    for seed in args.seeds:
        for name in (n for n in args.only if (n, seed) not in done):
            folder = args.runs / f'{name}-{args.epochs}-{seed}'
            train(
                replace(VARIANTS[name](config), seed=seed),
                FACES.get(name, lambda ds: ds)(ds),
                folder,
            )
            done[name, seed] = last_accuracy(folder)
            print(name, seed, f'{done[name, seed]:.4f}', flush=True)
            args.out.write_text(json.dumps(table(done, args.epochs, command), indent=1) + '\n')
    args.out.write_text(json.dumps(table(done, args.epochs, command), indent=1) + '\n')


if __name__ == '__main__':
    main()
