"The same data under other endings, separators and types; and hints that fit the file"

import bz2
import gzip
import io
import lzma
import tarfile
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_nb.data.dataset import DataError
from fer_nb.data.fer2013 import read_fer2013
from fer_nb.data.arrays import read_npz
from fer_nb.data.folders import load_dataset, table_rows
from fer_nb.data.splits import split_rows

RNG = np.random.default_rng(0)
FER = '\n'.join(
    ['emotion,pixels,Usage']
    + [
        f"{i % 7},{' '.join(map(str, RNG.integers(0, 255, 2304)))},{u}"
        for i, u in enumerate(['Training', 'PublicTest'] * 7)
    ]
)
TABLE = ['path,label', *(f'p/{i}.png,{("happy", "sad")[i % 2]}' for i in range(24))]


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / 'p').mkdir()
    for i in range(24):
        Image.fromarray(RNG.integers(0, 255, (9, 9), dtype='u1')).save(tmp_path / f'p/{i}.png')
    return tmp_path


@pytest.mark.parametrize(
    'name, comma',
    [
        ('t.csv', ','),
        ('t.CSV', ','),
        ('t.csv', ';'),
        ('t.tsv', '\t'),
        ('T.TSV', '\t'),
        ('t.csv', '\t'),
        ('FER2013.csv', ','),
    ],
)
def test_tables_of_pictures(pictures, name, comma):
    (pictures / name).write_text('\n'.join(TABLE).replace(',', comma))
    assert load_dataset(pictures / name)[0].counts().sum(axis=1).to_dict() == {
        'happy': 12,
        'sad': 12,
    }


def packed(mode):
    def write(path):
        (path.parent / 'in.csv').write_text(FER)
        with tarfile.open(path, mode) as t:
            t.add(path.parent / 'in.csv', 'fer2013/FER2013.CSV')

    return write


def zipped(path):
    with zipfile.ZipFile(path, 'w') as z:
        z.writestr('FER2013.CSV', FER)


FILES = {
    'f.csv': lambda p: p.write_text(FER),
    'f.CSV': lambda p: p.write_text(FER),
    'semicolons.csv': lambda p: p.write_text(FER.replace(',', ';')),
    'f.csv.gz': lambda p: p.write_bytes(gzip.compress(FER.encode())),
    'f.CSV.GZ': lambda p: p.write_bytes(gzip.compress(FER.encode())),
    'f.csv.bz2': lambda p: p.write_bytes(bz2.compress(FER.encode())),
    'f.csv.XZ': lambda p: p.write_bytes(lzma.compress(FER.encode())),
    'f.ZIP': zipped,
    'f.TGZ': packed('w:gz'),
    'f.tar.GZ': packed('w:gz'),
    'f.tar': packed('w'),
    'f.tar.bz2': packed('w:bz2'),
    'f.TAR.XZ': packed('w:xz'),
}


@pytest.mark.parametrize('name', FILES)
def test_fer2013_under_any_ending(tmp_path, name):
    FILES[name](tmp_path / name)
    assert len(load_dataset(tmp_path / name)[0]) == 14


@pytest.mark.parametrize(
    'name', ['f.csv.gz', 'f.csv.bz2', 'f.csv.XZ', 'f.ZIP', 'f.TGZ', 'f.tar.bz2', 'f.TAR.XZ']
)
@pytest.mark.parametrize('at', [0.02, 0.5, 0.98])
def test_damaged_archives_are_one_line(tmp_path, name, at):
    FILES[name](tmp_path / name)
    data = bytearray((tmp_path / name).read_bytes())
    i = int(at * len(data))
    data[i : i + 40] = b'\xaa' * 40
    (tmp_path / name).write_bytes(data)
    try:
        ds, problems = read_fer2013(tmp_path / name)
        assert len(ds) + len(problems) > 0
    except DataError as e:
        assert '\n' not in str(e) and 'kaggle' not in str(e)


@pytest.mark.parametrize('name', ['n.npz', 'n.NPZ'])
def test_arrays_under_any_ending(tmp_path, name):
    with open(tmp_path / name, 'wb') as f:
        np.savez(f, images=np.zeros((70, 9, 9), 'u1'), labels=np.arange(70) % 7)
    assert len(load_dataset(tmp_path / name)[0]) == 70


def zip_of_folders(path):
    with zipfile.ZipFile(path, 'w') as z:
        z.writestr('faces/happy/1.png', b'')


def tar_of_folders(path):
    with tarfile.open(path, 'w:bz2') as t:
        t.addfile(tarfile.TarInfo('faces/happy/1.png'), io.BytesIO())


HINTS = [
    (
        't.csv',
        lambda p: p.write_text('image,label\na,b\n'),
        'has no column path; it needs path and label, and may have split, '
        'but its columns are image, label: rename them',
    ),
    (
        't.csv',
        lambda p: p.write_text('filename,emotion\na,b\n'),
        'its columns are filename, emotion: rename them',
    ),
    (
        't.csv',
        lambda p: p.write_text('image;label\na;b\n'),
        'its columns are image, label: rename them',
    ),
    ('t.csv', lambda p: p.write_text(''), 'is not a CSV'),
    (
        't.zip',
        zip_of_folders,
        'if it holds pictures, unpack it and give the folder of the class folders',
    ),
    (
        't.tar.bz2',
        tar_of_folders,
        'if it holds pictures, unpack it and give the folder of the class folders',
    ),
    (
        't.csv.gz',
        lambda p: p.write_bytes(gzip.compress(b'path,label\n')),
        'unpack it beside the pictures, and give the .csv',
    ),
    (
        't.csv.gz',
        lambda p: p.write_bytes(gzip.compress(b'a,b\n')),
        'or a table of pictures with path,label',
    ),
]


@pytest.mark.parametrize('name, write, hint', HINTS)
def test_hints_fit_the_file(tmp_path, name, write, hint):
    write(tmp_path / name)
    with pytest.raises(DataError) as e:
        load_dataset(tmp_path / name)
    assert hint in str(e.value)
    assert 'kaggle' not in str(e.value) and '\n' not in str(e.value)


@pytest.mark.parametrize('name', ['fer2013.csv', 'FER2013.CSV', 'icml_face_data.csv'])
def test_fer2013_is_named_where_it_was_asked_for(tmp_path, name):
    (tmp_path / name).write_text('a,b\n1,2\n')
    with pytest.raises(DataError, match='download fer2013.csv from kaggle.com'):
        load_dataset(tmp_path / name)


def test_names_that_are_bytes(tmp_path):
    names = np.array([b'angry', 'verwirrt ä'.encode()])
    np.savez(
        tmp_path / 'a.npz',
        images=np.zeros((6, 9, 9), 'u1'),
        labels=[0, 1] * 3,
        names=names,
        split=np.array([b'train', b'train', b'train', b'val', b'test', b'test']),
        ids=np.array([b'a', b'b', b'c', b'd', b'e', b'f']),
    )
    ds = read_npz(tmp_path / 'a.npz')
    assert ds.label_set.labels == ('angry', 'verwirrt ä')
    assert ds.split.tolist() == [0, 0, 0, 1, 2, 2]
    assert ds.ids.tolist() == list('abcdef')


@pytest.mark.parametrize(
    'n, groups, words',
    [
        (1, None, 'the class confused has 1 picture; a split needs at least 3'),
        (2, None, 'the class confused has 2 pictures; a split needs at least 3'),
        (
            9,
            'one',
            r'the class confused has 9 pictures of only 1 group '
            r'\(people, where they are told apart\); a split',
        ),
    ],
)
def test_the_class_that_is_too_small_is_named(n, groups, words):
    labels = [0] * 20 + [1] * n
    with pytest.raises(DataError, match=words):
        split_rows(
            labels,
            range(20 + n) if groups is None else [*range(20), *[groups] * n],
            names=('angry', 'confused'),
        )


def test_the_small_class_of_a_folder_is_named(pictures):
    (pictures / 'd').mkdir()
    (pictures / 'p').rename(pictures / 'd/happy')
    (pictures / 'd/confused').mkdir()
    (pictures / 'd/happy/0.png').rename(pictures / 'd/confused/0.png')
    with pytest.raises(DataError, match='the class confused has 1 picture;'):
        load_dataset(pictures / 'd')


@pytest.mark.parametrize(
    'table',
    [
        pd.DataFrame({'path': ['a.png', None], 'label': ['sad', 'happy']}),
        pd.DataFrame(
            {'path': ['a.png', ''], 'label': ['sad', 'happy'], 'split': [None, float('nan')]}
        ),
    ],
)
def test_a_table_with_gaps_or_without_splits_warns_of_nothing(table):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        rows = table_rows(table)
    assert [(str(path), label, split) for path, label, split in rows] == [
        ('a.png', 'sad', None),
        ('', 'happy', None),
    ]


def test_an_address_in_a_table_keeps_its_slashes(pictures):
    address = 'https://example.com/a.png'
    (pictures / 't.csv').write_text('\n'.join([*TABLE, f'{address},sad']))
    _, problems = load_dataset(pictures / 't.csv')
    assert problems == [
        (address, 'is an address; download the picture first, and give its path or its bytes')
    ]
