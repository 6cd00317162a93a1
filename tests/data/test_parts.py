"Data with two parts: validation is taken out of training, and the test part stays"

import json
import subprocess

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_nb.data.fer2013 import SIDE
from fer_nb.data.dataset import FaceDataset
from fer_nb.core.labels import LabelSet
from fer_nb.data.arrays import save_npz
from fer_nb.data.folders import load_dataset
from fer_nb.data.splits import take_validation

LABELS = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
TRAIN, TEST = 12, 4  # faces of each class
RNG = np.random.default_rng(0)
FACES = RNG.integers(0, 255, (len(LABELS) * (TRAIN + TEST), SIDE, SIDE), dtype='u1')
ROWS = [
    (label, part)
    for part, n in (('train', TRAIN), ('test', TEST))
    for label in range(7)
    for _ in range(n)
]


def make_folder(to):
    for i, (label, part) in enumerate(ROWS):
        folder = to / 'kag' / part / LABELS[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(FACES[i]).save(folder / f'{i}.png')
    return to / 'kag'


def make_table(to):
    make_folder(to)
    rows = [
        (f'kag/{part}/{LABELS[label]}/{i}.png', LABELS[label], part)
        for i, (label, part) in enumerate(ROWS)
    ]
    pd.DataFrame(rows, columns=['path', 'label', 'split']).to_csv(to / 'kag.csv', index=False)
    return to / 'kag.csv'


def make_npz(to):
    labels, parts = zip(*ROWS)
    np.savez(to / 'kag.npz', images=FACES, labels=labels, split=parts)
    return to / 'kag.npz'


def make_fer2013(to):
    usage = {'train': 'Training', 'test': 'PrivateTest'}
    rows = [
        f"{label},{' '.join(map(str, face.ravel()))},{usage[part]}"
        for (label, part), face in zip(ROWS, FACES)
    ]
    (to / 'kag_fer2013.csv').write_text('\n'.join(['emotion,pixels,Usage', *rows]))
    return to / 'kag_fer2013.csv'


SOURCES = [make_folder, make_table, make_npz, make_fer2013]


@pytest.mark.parametrize('make', SOURCES)
def test_validation_is_taken_out_of_training(tmp_path, make):
    source = make(tmp_path)
    with pytest.warns(
        UserWarning, match='has no validation part, so 7 of its 84 training faces are taken for it'
    ):
        ds, problems = load_dataset(source)
    assert problems == [] and ds.carved
    assert ds.counts().to_numpy().tolist() == [[TRAIN - 1, 1, TEST]] * 7
    with pytest.warns(UserWarning, match='no validation part'):
        assert np.array_equal(load_dataset(source)[0].split, ds.split)  # the same each time


def fer_nb(*words):
    return subprocess.run(['fer-nb', *map(str, words)], capture_output=True, text=True)


def test_evaluate_takes_the_part_that_is_there(tmp_path):
    source = make_folder(tmp_path)
    done = fer_nb('evaluate', 'fernet-small', '--data', source, '--no-report')
    assert done.returncode == 0, done.stderr
    assert (json.loads(done.stdout)['split'], json.loads(done.stdout)['n']) == ('test', 7 * TEST)
    assert 'the part test is evaluated; --split chooses another' in done.stderr


def one_part(split, counts=(40, 20)):
    labels = np.repeat(np.arange(len(counts)), counts).astype(np.uint8)
    names = LabelSet('own', tuple('abcdefgh'[: len(counts)]))
    n = len(labels)
    return FaceDataset(
        np.zeros((n, 2, 2), np.uint8), labels, np.full(n, split, np.uint8), names, np.arange(n)
    )


def taken(ds, groups=None, seed=0):
    with pytest.warns(UserWarning, match='no validation part'):
        return take_validation(ds, groups, seed)


def test_a_tenth_of_each_class_is_taken():
    assert taken(one_part(0, (1000, 99, 10, 2, 1))).counts().validation.tolist() == [
        100,
        9,
        1,
        1,
        0,
    ]


def test_the_seed_chooses():
    one, again, other = (taken(one_part(0), seed=s).split for s in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_people_stay_together():
    people = (np.arange(60) // 2).tolist()
    split = taken(one_part(0), people).split
    assert len(set(zip(people, split.tolist()))) == 30
    assert np.bincount(split).tolist() == [54, 6]


def test_a_class_of_one_person_stays_in_training():
    ds = taken(one_part(0), [*range(40), *['one'] * 20])
    assert ds.counts().validation.tolist() == [4, 0]


@pytest.mark.parametrize('split', [1, 2])
@pytest.mark.filterwarnings('error')
def test_data_without_training_stay_as_they_are(split):
    ds = one_part(split)
    assert take_validation(ds) is ds


@pytest.mark.filterwarnings('error')
def test_what_was_taken_is_kept_in_a_file(tmp_path):
    ds = taken(one_part(0))
    save_npz(ds, tmp_path / 'own.npz')
    assert np.array_equal(load_dataset(tmp_path / 'own.npz')[0].split, ds.split)


@pytest.mark.filterwarnings('ignore:.*no validation part')
def test_the_part_that_is_judged():
    from fer_nb.cli.evaluate import part_to_evaluate

    assert part_to_evaluate(None, take_validation(one_part(0))) == 'validation'
    assert part_to_evaluate(None, one_part(2)) == 'test'
    assert part_to_evaluate(None, one_part(1)) == 'validation'
    assert part_to_evaluate('validation', take_validation(one_part(0))) == 'validation'


def test_a_part_that_is_missing_is_said_with_those_that_are_there():
    ds = one_part(2)
    with pytest.raises(ValueError, match="has no rows in the split 'validation'; it has test"):
        ds.part('validation')
