"""Train the networks of a list, one after another, with what the machine has to spare.

    make queue                                   # or: python tools/train_queue.py
    tail -f runs/teachers/queue.log              # one line an epoch
    kill -STOP $(cat runs/teachers/queue.pids)   # pause
    kill -CONT $(cat runs/teachers/queue.pids)   # go on
    kill $(cat runs/teachers/queue.pids)        # stop; it goes on at the last whole epoch

The list is tools/teachers/queue.txt: a configuration a line, such as lite0.json, relative to the
list; # begins a comment. It is read anew before each run, so a line may be added at any time.
A run lives in runs/teachers/NAME. It is over when its configuration says so, when it cannot win
any more, or when it failed three times; `stopped.json` in its folder says why. Remove the folder
to try again. To make a model folder of a finished run, give the same configuration and folder to
`fer-nb train`: it exports and does not train again. Only PublicTest is looked at.
"""

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
STOPPED = 'stopped.json'
LONG_ENOUGH = 30  # epochs after which a run has shown what it can do
TOO_FAR = 0.04  # behind the best network, on PublicTest
TRIES = 3


# What there is to do


def read_list(path):
    "The configurations of a list, in order"
    lines = (line.split('#')[0].strip() for line in Path(path).read_text().splitlines())
    return [Path(path).parent / line for line in lines if line]


def is_over(config, folder):
    "Whether a run needs no more work"
    from fer_nb.training.history import is_finished, read_history
    from fer_nb.training.config import load_config

    if (folder / STOPPED).exists():
        return True
    accuracies = [row['val_accuracy'] for row in read_history(folder)]
    kept = (folder / 'model.keras').exists() and not (folder / 'resume').exists()
    return kept and is_finished(load_config(config), accuracies)


def next_config(path, runs):
    "The first configuration of a list whose run is not over, or None"
    configs = read_list(path)
    return next((c for c in configs if not is_over(c, runs / c.stem)), None)


# When to give up


def best_known(runs, models=TOP / 'models'):
    "The best accuracy on PublicTest: of the networks that ship, and of the runs of this list"
    from fer_nb.training.history import read_history

    metrics = [json.loads(p.read_text()) for p in models.glob('*/metrics.json')]
    known = [m['validation']['accuracy'] for m in metrics if 'validation' in m]
    folders = [p.parent for p in runs.glob('*/history.csv')]
    known += [row['val_accuracy'] for folder in folders for row in read_history(folder)]
    return max(known, default=0.0)


def cannot_win(accuracies, best):
    "Whether a run is long enough to judge and too far behind"
    return len(accuracies) >= LONG_ENOUGH and max(accuracies) < best - TOO_FAR


def stop_run(folder, why):
    "Say in the folder of a run that it is not to go on"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STOPPED).write_text(json.dumps({'why': why}, indent=1) + '\n')


# One run


def write_log(runs, text):
    line = time.strftime('%Y-%m-%d %H:%M:%S ') + text
    with open(runs / 'queue.log', 'a') as f:
        f.write(line + '\n')


def watcher(folder, runs):
    "A callback that logs each epoch and ends a run that cannot win"
    from fer_nb.training.backend import keras
    from fer_nb.training.history import read_history

    class Watcher(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            accuracies = [row['val_accuracy'] for row in read_history(folder)]
            best = best_known(runs)
            write_log(
                runs,
                f'{folder.name} epoch {epoch + 1}: PublicTest {logs["val_accuracy"]:.4f}, '
                f'its best {max(accuracies):.4f}, best known {best:.4f}, {logs["seconds"]:.0f} s',
            )
            if cannot_win(accuracies, best):
                why = f'{max(accuracies):.4f} after {epoch + 1} epochs, the best has {best:.4f}'
                stop_run(folder, why)
                self.model.stop_training = True

    return Watcher()


def train_one(config, folder, data, votes):
    "Begin a run or go on with it, in this process"
    from fer_nb.data.fer2013 import load_fer2013, with_ferplus
    from fer_nb.training.config import load_config
    from fer_nb.training.train import train

    choices = load_config(config)
    faces = load_fer2013(data)
    if choices.second:
        faces = with_ferplus(faces, votes)
    train(choices, faces, folder, callbacks=[watcher(folder, folder.parent)])


def in_a_process(config, folder, args):
    "Run `train_one` in a process of its own, whose crash ends nothing else; returns its status"
    runs = folder.parent
    command = [sys.executable, __file__, '--one', config, '--list', args.list, '--runs', runs]
    command += ['--data', args.data, '--votes', args.votes]
    with open(runs / f'{folder.name}.txt', 'a') as output:
        child = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    (runs / 'queue.pids').write_text(f'{os.getpid()} {child.pid}\n')
    try:
        return child.wait()
    finally:  # also where this process is told to end
        if child.poll() is None:
            child.terminate()
            child.wait()


# The list


def work_off(path, runs, run):
    "Give each open configuration of a list to `run(config, folder)` until none is left"
    failures = {}
    while config := next_config(path, runs):
        folder = runs / config.stem
        write_log(runs, f'{config.stem}: goes on' if folder.exists() else f'{config.stem}: begins')
        status = run(config, folder)
        if status == 0 and is_over(config, folder):
            write_log(runs, f'{config.stem}: over')
            continue
        failures[config] = failures.get(config, 0) + 1
        write_log(runs, f'{config.stem}: failed with status {status}, see {config.stem}.txt')
        if failures[config] == TRIES:
            stop_run(folder, f'failed {TRIES} times, the last with status {status}')
    write_log(runs, 'the list is done')


def be_humble():
    "Take only what nobody else wants of the processors"
    os.nice(19)
    if hasattr(os, 'SCHED_IDLE'):
        with contextlib.suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


@contextlib.contextmanager
def only_one(runs):
    "Refuse a second queue on the same folder"
    with open(runs / 'queue.lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f'a queue works in {runs} already; kill $(cat {runs}/queue.pids) stops it')
        yield


def arguments():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--list', type=Path, default=TOP / 'tools/teachers/queue.txt')
    ap.add_argument('--runs', type=Path, default=TOP / 'runs/teachers')
    ap.add_argument('--data', type=Path, default=TOP / 'data/fer2013.csv')
    ap.add_argument('--votes', type=Path, default=TOP / 'data/fer2013new.csv')
    ap.add_argument('--one', type=Path, help='a configuration to run here and now (internal)')
    return ap.parse_args()


def main():
    args = arguments()
    if args.one:
        return train_one(args.one, args.runs / args.one.stem, args.data, args.votes)
    for path in (args.list, args.data, args.votes):
        if not path.exists():
            sys.exit(f'{path} is not there; data/README.md says how to get the faces and votes')
    be_humble()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    args.runs.mkdir(parents=True, exist_ok=True)
    with only_one(args.runs):
        work_off(args.list, args.runs, lambda config, folder: in_a_process(config, folder, args))


if __name__ == '__main__':
    main()
