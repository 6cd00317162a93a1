"Mangled files: one clear line, or the rows that are whole; never a crash"

import io
import warnings
import zipfile
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from fer_nb.data.fer2013 import SIDE, USAGES, VOTE_COLUMNS, read_fer2013, read_votes
from fer_nb.data.dataset import DataError
from fer_nb.core.errors import FerError
from fer_nb.data.arrays import read_npz

rng = np.random.default_rng(0)
FACES = rng.integers(0, 256, (4, SIDE * SIDE))
ROWS = [
    f"{i},{' '.join(map(str, f))},{u}"
    for i, (f, u) in enumerate(zip(FACES, ['Training', 'PublicTest', 'PrivateTest', 'Training']))
]
WHOLE = '\n'.join(['emotion,pixels,Usage', *ROWS]) + '\n'
RELAXED = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_fer2013(path)


@st.composite
def mangled(draw):
    "The whole file with a cut, an insertion, a deletion or a changed byte"
    data = bytearray(WHOLE.encode())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.sampled_from(['cut', 'insert', 'delete', 'change']))
        if how == 'cut':
            data = data[:at]
        elif how == 'insert':
            data[at:at] = draw(st.binary(min_size=1, max_size=20))
        elif how == 'delete':
            del data[at : at + draw(st.integers(1, 3000))]
        elif data:
            data[at] = draw(st.integers(0, 255))
    return bytes(data)


@RELAXED
@given(data=mangled())
def test_mangled_csv(tmp_path, data):
    try:
        ds, problems = read(tmp_path / 'f.csv', data)
    except FerError as e:
        assert '\n' not in str(e)
        return
    assert len(ds.images) == len(ds.labels) == len(ds.split) == len(ds.ids) > 0
    assert (
        ds.images.shape[1:] == (SIDE, SIDE)
        and ds.labels.max() < 7
        and ds.split.max() < 3
        and len(set(ds.ids)) == len(ds)
    )
    for image, label, split in zip(
        ds.images, ds.labels, ds.split
    ):  # each row that loads is what its line says
        usage = next(u for u, i in USAGES.items() if i == split)
        values = ' '.join(map(str, image.ravel()))
        lines = [
            ' '.join(line.replace('"', '').lower().split())
            for line in data.decode('utf-8', 'replace').replace('\r', '\n').split('\n')
        ]
        assert any(
            int(label) in _numbers(line.split(',')[0]) and usage in line and _same(line, values)
            for line in lines
        ), 'a row that is in no line'


def _numbers(text):
    try:
        return {int(text)}
    except ValueError:
        return set()


def _same(line, values):
    try:
        return [int(v) for v in line.split(',')[1].split()] == [int(v) for v in values.split()]
    except (IndexError, ValueError):
        return False


SEPARATORS = st.sampled_from(['\t', '  ', ' \t ', '\x0b', '\u00a0'])


@RELAXED
@given(
    loser=st.integers(0, 3),
    winner=st.integers(0, 3),
    at=st.integers(1, SIDE * SIDE - 2),
    sep=SEPARATORS,
    value=st.integers(0, 255),
)
def test_a_value_lost_in_one_row_and_gained_in_another(tmp_path, loser, winner, at, sep, value):
    "Both rows are left out, and those between them stay as they were"
    pixels = [[str(v) for v in face] for face in FACES]
    pixels[loser][at] = ''  # its blanks stay
    pixels[winner][at] += f'{sep}{value}'
    labels = [row.split(',')[0] for row in ROWS]
    usages = [row.split(',')[2] for row in ROWS]
    rows = [f"{label},{' '.join(p)},{u}" for label, p, u in zip(labels, pixels, usages)]
    text = '\n'.join(['emotion,pixels,Usage', *rows]) + '\n'
    kept = [i for i in range(4) if loser != winner and i not in (loser, winner)]
    if loser == winner:
        kept = [0, 1, 2, 3]  # the row has its 2,304 values again, one of them another
    ds, problems = read(tmp_path / 'f.csv', text)
    assert ds.ids.tolist() == kept
    assert [line for line, _ in problems] == [i + 2 for i in range(4) if i not in kept]
    whole = [i for i in kept if i != winner]
    assert np.array_equal(ds[np.isin(ds.ids, whole)].images.reshape(-1, SIDE * SIDE), FACES[whole])


NO_PIXELS = [
    '4294967297',
    '+5',
    '-0',
    '-4294967295',
    '256',
    '18446744073709551617',
    '9' * 5000,
    '1e2',
    '0x7',
    '1_0',
    '٣',
]


@pytest.mark.parametrize('value', NO_PIXELS, ids=lambda v: v[:20])
@pytest.mark.parametrize('at', [0, 1000, SIDE * SIDE - 1])
def test_numbers_that_only_look_like_gray_values(tmp_path, value, at):
    values = [str(v) for v in FACES[0]]
    values[at] = value
    ds, problems = read(tmp_path / 'f.csv', WHOLE + f"3,{' '.join(values)},Training\n")
    assert len(ds) == 4
    assert problems == [(6, f"pixel '{value[:20]}' is not 0 to 255")]


@pytest.mark.parametrize('value', ['9' * 5000, '+3', '-0', '3.0', '٣'], ids=lambda v: v[:20])
def test_numbers_that_only_look_like_labels(tmp_path, value):
    ds, problems = read(
        tmp_path / 'f.csv', WHOLE + f"{value},{' '.join(map(str, FACES[0]))},Training\n"
    )
    assert len(ds) == 4
    assert problems == [(6, f"emotion '{value[:20]}' is not 0 to 6")]


def write_votes(path, value):
    rows = [['Training', f'{i}.png', *'5000500000'] for i in range(4)]
    rows[2][4] = value
    header = ['Usage', 'Image name', *VOTE_COLUMNS]
    path.write_text('\n'.join(','.join(r) for r in [header, *rows]) + '\n')
    return path


@pytest.mark.parametrize(
    'value', ['inf', '-inf', '1e400', '-1', '1.5', 'nan', '', '1e30', 'True', 'x']
)
def test_votes_that_are_no_counts(tmp_path, value):
    with pytest.raises(DataError, match='damaged at row 4: votes are whole numbers from 0 on'):
        read_votes(write_votes(tmp_path / 'votes.csv', value))


@RELAXED
@given(
    value=st.one_of(
        st.integers(), st.floats(), st.text(st.characters(exclude_characters=',"\r\n'), max_size=9)
    )
)
def test_votes_are_counts_or_refused(tmp_path, value):
    try:
        votes = read_votes(write_votes(tmp_path / 'votes.csv', str(value)))
    except FerError as e:
        assert '\n' not in str(e)
        return
    assert votes[2, 2] == float(value)
    votes[2, 2] = 0
    assert votes.min() == 0 and votes.max() == 5


def legal(column, value):  # what the file's own writers put there, blanks aside
    return (
        (v := value.strip()).isascii() and v.isdigit() and int(v) < 7
        if column == 'emotion'
        else column == 'usage'
        and value.strip().lower() in ('training', 'publictest', 'privatetest')
    )


@RELAXED
@given(
    column=st.sampled_from(['emotion', 'pixels', 'usage']),
    value=st.text(max_size=30).filter(
        lambda t: ',' not in t and '"' not in t and '\n' not in t and '\r' not in t
    ),
)
def test_one_wrong_value_costs_one_row(tmp_path, column, value):
    row = {'emotion': '3', 'pixels': ' '.join(map(str, FACES[0])), 'usage': 'Training'} | {
        column: value
    }
    text = WHOLE + f"{row['emotion']},{row['pixels']},{row['usage']}\n"
    ds, problems = read(tmp_path / 'f.csv', text)
    if len(ds) == 4:
        assert [line for line, _ in problems] == [6]
    else:
        assert len(ds) == 5 and not problems and legal(column, value)
    assert np.array_equal(ds.images[:4].reshape(4, -1), FACES)


def archive(**arrays):
    "An .npz that is not packed, so that a mangled byte reaches numpy's reader of headers"
    buffer = io.BytesIO()
    np.savez(
        buffer,
        **{
            'images': FACES.astype(np.uint8).reshape(-1, SIDE, SIDE),
            'labels': np.arange(4),
            'split': ['train', 'train', 'val', 'test'],
            **arrays,
        },
    )
    return buffer.getvalue()


def repacked(name, data):
    "The same .npz, with other bytes for one array: its sums are right"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive())) as z, zipfile.ZipFile(out, 'w') as new:
        for member in z.namelist():
            new.writestr(member, data if member == name else z.read(member))
    return out.getvalue()


def member(name):
    with zipfile.ZipFile(io.BytesIO(archive())) as z:
        return z.read(name)


def read_arrays(path, data):
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return read_npz(path)


@pytest.mark.parametrize(
    'header',
    [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4, ",
        "{'descr': '''",
        '(',
        '\x00',
        '[' * 200,
        "{'descr': 'O', 'fortran_order': False, 'shape': (4,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (10**30,), }",
    ],
)
def test_an_npz_with_a_mangled_header_is_one_line(tmp_path, header):
    "numpy tokenizes a header that it cannot evaluate, and the tokenizer has errors of its own"
    text = header.encode().ljust(117) + b'\n'
    data = b'\x93NUMPY\x01\x00' + len(text).to_bytes(2, 'little') + text
    with pytest.raises(DataError, match='a.npz is not understood') as e:
        read_arrays(tmp_path / 'a.npz', repacked('labels.npy', data))
    assert '\n' not in str(e.value)


@st.composite
def mangled_arrays(draw):
    "An .npz with changed bytes, either anywhere or in the header of one array"
    name = draw(st.sampled_from(['images.npy', 'labels.npy', 'split.npy', '']))
    data = bytearray(member(name) if name else archive())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, 130 if name else len(data) - 1))
        noise = draw(
            st.one_of(
                st.binary(min_size=1, max_size=4),
                st.sampled_from([b'(', b"'", b'9', b'-', b'\n', b'L', b'O']),
            )
        )
        if draw(st.booleans()):
            data[at : at + len(noise)] = noise
        else:
            del data[at : at + draw(st.integers(1, 40))]
    return repacked(name, bytes(data)) if name else bytes(data)


@RELAXED
@given(data=mangled_arrays())
def test_mangled_npz(tmp_path, data):
    try:
        ds = read_arrays(tmp_path / 'a.npz', data)
    except FerError as e:
        assert '\n' not in str(e)
        return
    assert len(ds.images) == len(ds.labels) == len(ds.split) == len(ds.ids) > 0
    assert (
        ds.images.dtype == np.uint8 and ds.labels.max() < len(ds.label_set) and ds.split.max() < 3
    )
