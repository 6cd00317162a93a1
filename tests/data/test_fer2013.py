"fer2013.csv and the votes of FER+, as people have them on their disks"

import gzip
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer_nb.data.dataset import DataError
from fer_nb.data.fer2013 import (
    SIDE,
    VOTE_COLUMNS,
    _parse_row,
    _stamp,
    _votes_of,
    _write_cache,
    load_fer2013,
    load_ferplus,
    majority,
    read_fer2013,
    vote_distribution,
    with_ferplus,
)

RNG = np.random.default_rng(0)
PIXELS = [' '.join(map(str, RNG.integers(0, 256, SIDE * SIDE))) for _ in range(21)]
USAGES = ['Training'] * 7 + ['PublicTest'] * 7 + ['PrivateTest'] * 7
ROWS = [(i % 7, pixels, usage) for i, (pixels, usage) in enumerate(zip(PIXELS, USAGES))]


def text(rows=ROWS, header='emotion,pixels,Usage'):
    return '\n'.join([header, *(','.join(map(str, row)) for row in rows)]) + '\n'


@pytest.fixture
def csv_file(tmp_path):
    (tmp_path / 'fer2013.csv').write_text(text())
    return tmp_path / 'fer2013.csv'


GRAY = ' '.join(['7'] * SIDE * SIDE)
BAD_ROWS = {
    'no usage': (['3', GRAY], 'cut short'),
    'a letter': (['x', GRAY, 'Training'], "emotion 'x'"),
    'another part': (['3', GRAY, 'Dev'], 'usage'),
    **{
        f'a pixel of {bad}': (['3', GRAY[:-1] + bad, 'Training'], f"pixel '{bad}'")
        for bad in ('256', '-1', '1.5', 'a', '٣')
    },
}


@pytest.mark.parametrize('row, why', BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_row_that_cannot_be_used_says_why(row, why):
    with pytest.raises(ValueError, match=why.replace('.', r'\.')):
        _parse_row(row, [0, 1, 2], 7)


UNUSABLE = {
    'empty': ('', 'no column emotion'),
    'header only': (text([]), 'holds no faces'),
    'other columns': (text(header='a,b,c'), 'no column emotion and no pixels and no usage'),
    'too few pixels': (text([(1, '1 2', 'Training')]), 'line 2: 2 pixels instead of 2304'),
    'binary': ('\x00\xff' * 1000, 'no column'),
}


@pytest.mark.parametrize('content, why', UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_cannot_be_used_says_why(tmp_path, content, why):
    (tmp_path / 'fer2013.csv').write_bytes(content.encode('latin-1'))
    with pytest.raises(DataError, match=why):
        load_fer2013(tmp_path / 'fer2013.csv')


def test_a_file_that_is_not_there_says_where_to_get_it(tmp_path):
    with pytest.raises(DataError, match='is not there; download fer2013.csv'):
        load_fer2013(tmp_path / 'fer2013.csv')


def test_strict_stops_at_the_first_bad_row(csv_file):
    csv_file.write_text(text([*ROWS, (7, PIXELS[0], 'Training')]))
    with pytest.raises(DataError, match="line 23: emotion '7' is not 0 to 6"):
        load_fer2013(csv_file, strict=True)


def test_columns_may_stand_in_another_order(csv_file):
    "As in icml_face_data.csv"
    csv_file.write_text(text([(u, e, p) for e, p, u in ROWS], ' Usage,emotion, pixels'))
    assert len(load_fer2013(csv_file)) == 21


@pytest.mark.filterwarnings('ignore:1 of 21 rows')
def test_a_file_that_is_cut_short_gives_its_whole_rows(csv_file):
    csv_file.write_text(text()[:-30])
    assert len(load_fer2013(csv_file)) == 20


# --- archives -----------------------------------------------------------------------------------


def test_archives_give_the_same_faces(csv_file, tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
        archive.write(csv_file, 'fer2013/fer2013.csv')
    with tarfile.open(tmp_path / 'a.tar.gz', 'w:gz') as archive:
        archive.add(csv_file, 'fer2013/fer2013.csv')
    with gzip.open(tmp_path / 'fer2013.csv.gz', 'wt') as archive:
        archive.write(text())
    plain = load_fer2013(csv_file).images
    for name in ('a.zip', 'a.tar.gz', 'fer2013.csv.gz'):
        assert np.array_equal(load_fer2013(tmp_path / name).images, plain), name


def test_an_archive_of_a_mac_with_other_tables(csv_file, tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
        archive.writestr('__MACOSX/._fer2013.csv', 'x')
        archive.writestr('example_submission.csv', 'a,b')
        archive.write(csv_file, 'fer2013/fer2013.csv')
    assert len(read_fer2013(tmp_path / 'a.zip')[0]) == 21


def test_a_damaged_archive_is_said(csv_file, tmp_path):
    with tarfile.open(tmp_path / 'a.tar.gz', 'w:gz') as archive:
        archive.add(csv_file, 'fer2013.csv')
    whole = (tmp_path / 'a.tar.gz').read_bytes()
    (tmp_path / 'a.tar.gz').write_bytes(whole[:5000])
    (tmp_path / 'b.gz').write_bytes(b'no')
    for name in ('a.tar.gz', 'b.gz'):
        with pytest.raises(DataError, match='is damaged'):
            load_fer2013(tmp_path / name)


# --- the copy beside the file -------------------------------------------------------------------


def test_the_second_time_arrays_are_mapped(csv_file):
    first, again = load_fer2013(csv_file), load_fer2013(csv_file)
    assert isinstance(again.images, np.memmap)
    assert np.array_equal(again.images, first.images)
    assert again.part('test').labels.tolist() == list(range(7))
    assert again.part('test').ids[0] == 14


def test_a_file_that_changed_is_read_again(csv_file):
    load_fer2013(csv_file)
    csv_file.write_text(text(ROWS[:3]))
    assert len(load_fer2013(csv_file)) == 3


def test_a_file_that_grew_while_it_was_read_is_read_again(csv_file):
    stamp = _stamp(csv_file)
    csv_file.write_text(text(ROWS[:3]))
    half = read_fer2013(csv_file)
    csv_file.write_text(text())
    _write_cache(*half, csv_file, stamp)
    assert len(load_fer2013(csv_file)) == 21


# --- votes --------------------------------------------------------------------------------------


@pytest.fixture
def votes_file(tmp_path):
    "Ten for sadness on each face, but ten for no face on the sixth"
    table = pd.DataFrame(0, index=range(21), columns=VOTE_COLUMNS)
    table['sadness'] = 10
    table.loc[5] = [0] * 9 + [10]
    table.to_csv(tmp_path / 'votes.csv')
    return tmp_path / 'votes.csv'


def test_a_face_that_is_none_is_left_out(csv_file, votes_file):
    plus = load_ferplus(csv_file, votes_file)
    assert len(plus) == 20
    assert 5 not in plus.ids
    assert set(plus.labels) == {3}
    assert plus.soft[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_votes_for_a_second_head_keep_all_faces(csv_file, votes_file):
    both = with_ferplus(load_fer2013(csv_file), votes_file)
    assert len(both) == 21
    assert both.votes['ferplus'][4].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert both.votes['ferplus'][5].tolist() == [0] * 8
    assert both[[5]].votes['ferplus'].tolist() == [[0] * 8]


def test_ties_single_votes_and_no_faces_have_no_majority():
    tie = [5, 0, 0, 5, 0, 0, 0, 0, 0, 0]
    spread = [3, 3, 1, 1, 1, 1, 0, 0, 0, 0]
    single = [1] * 10
    no_face = [0] * 8 + [2, 8]
    assert majority(np.array([tie, spread, single, no_face])).tolist() == [-1] * 4


def test_shares_are_all_alike_where_nobody_named_an_emotion():
    assert vote_distribution(np.array([[0] * 8 + [2, 8]])).tolist() == [[1 / 8] * 8]


def test_votes_that_are_not_there_say_where_to_get_them(csv_file, tmp_path):
    with pytest.raises(DataError, match='download fer2013new.csv'):
        load_ferplus(csv_file, tmp_path / 'votes.csv')


def test_votes_without_the_columns_are_refused(csv_file, tmp_path):
    (tmp_path / 'votes.csv').write_text('a,b\n1,2\n')
    with pytest.raises(DataError, match='no column neutral'):
        load_ferplus(csv_file, tmp_path / 'votes.csv')


def test_votes_for_fewer_faces_are_refused(csv_file, votes_file):
    pd.read_csv(votes_file, index_col=0)[:20].to_csv(votes_file)
    with pytest.raises(DataError, match='has 20 rows'):
        load_ferplus(csv_file, votes_file)


def test_votes_belong_to_rows_not_to_files(csv_file):
    named = replace(load_fer2013(csv_file), ids=np.array(['a.png'] * 21))
    with pytest.raises(DataError, match='belong to the rows of fer2013.csv'):
        _votes_of(named, 'none.csv')
