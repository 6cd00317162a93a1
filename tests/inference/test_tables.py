"Tables survive kills, spreadsheets, full disks and odd names, and never mix two runs"

import os
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from fer_nb.core.errors import FerError
from fer_nb.inference.tables import (
    TableWriter,
    cut_table,
    path_text,
    read_rows,
    read_table,
    run_path,
)

COLUMNS = ['frame', 'face', 'label', 'happy']
WHOLE = 'frame,face,label,happy\n0,1,happy,0.9\n'
RUN = {'model': 'one', 'every': 1}


def refused(message):
    return pytest.raises(FerError, match=message)


@pytest.fixture
def old(tmp_path):
    "A table that was there before"
    path = tmp_path / 'old.csv'
    path.write_text(WHOLE)
    return path


# -- names that cannot work


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with refused('there is no folder'):
        TableWriter(tmp_path / 'no/x.csv', COLUMNS)


def test_a_name_without_a_known_ending_is_refused(tmp_path):
    with refused('no known ending'):
        TableWriter(tmp_path, COLUMNS)


def test_a_folder_with_the_ending_of_a_table_is_refused(tmp_path):
    (tmp_path / 'x.csv').mkdir()
    with refused('is a folder'):
        TableWriter(tmp_path / 'x.csv', COLUMNS)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path):
    (tmp_path / 'z.parquet').write_bytes(b'no')
    with patch('importlib.util.find_spec', return_value=None):
        with refused(r"run pip install 'fer_nb\[parquet\]'"):
            read_table(tmp_path / 'z.parquet')


def test_a_name_with_a_line_break_stays_one_line():
    assert path_text('b\nc.jpg') == 'b\\nc.jpg'


# -- what is there already


def test_an_old_table_stays_until_the_first_new_rows(old):
    with TableWriter(old, COLUMNS):
        assert old.read_text() == WHOLE
    assert old.read_text() == WHOLE
    with TableWriter(old, ['a', 'b']) as table:
        table.add([(1, 2)])
        assert old.read_text() == 'a,b\n1,2\n'


def test_a_run_without_rows_leaves_an_empty_table(old):
    with TableWriter(old, ['a', 'b']) as table:
        table.finish()
    assert old.read_text() == 'a,b\n'


def test_a_table_of_other_columns_is_not_gone_on_with(old):
    with refused('other columns'):
        TableWriter(old, ['a'], resume=True)


def test_a_table_of_zeros_is_not_gone_on_with(tmp_path):
    (tmp_path / 'zeros.csv').write_bytes(bytes(200_000))
    with refused('other columns'):
        TableWriter(tmp_path / 'zeros.csv', COLUMNS, resume=True)


def test_a_finished_parquet_is_not_gone_on_with(tmp_path):
    (tmp_path / 'z.parquet').write_bytes(b'no')
    with refused('is finished'):
        TableWriter(tmp_path / 'z.parquet', COLUMNS, resume=True)


# -- what the rows depend on


@pytest.fixture
def begun(tmp_path):
    "A table that was begun with RUN"
    with TableWriter(tmp_path / 'run.csv', COLUMNS, run=RUN) as table:
        table.add([(0, 1, 'happy', 0.9)])
    return tmp_path / 'run.csv'


@pytest.mark.parametrize('run', [RUN, None])
def test_the_same_run_goes_on(begun, run):
    TableWriter(begun, COLUMNS, True, run).close()


def test_another_model_is_refused(begun):
    with refused('was begun with model one, not two'):
        TableWriter(begun, COLUMNS, True, {**RUN, 'model': 'two'})


def test_a_table_begun_anew_forgets_the_old_run(begun):
    TableWriter(begun, COLUMNS, run={'model': 'two'}).finish()
    TableWriter(begun, COLUMNS, True, {'model': 'two'}).close()


def test_a_table_that_was_moved_is_taken_as_it_is(begun):
    run_path(begun).unlink()
    TableWriter(begun, COLUMNS, True, {'model': 'x'}).close()


# -- cuts


def test_zeros_after_a_power_cut_are_cut_off(tmp_path):
    path = tmp_path / 'cut.csv'
    path.write_bytes(WHOLE.encode() + bytes(200_000))
    cut_table(path, lambda row: False)
    assert path.read_text() == WHOLE


def test_a_cut_at_the_first_row_leaves_the_header(old):
    cut_table(old, lambda row: True)
    assert old.read_text() == 'frame,face,label,happy\n'


def test_half_a_header_goes(old):
    old.write_text('frame,fa')
    cut_table(old, lambda row: False)
    assert old.read_text() == ''
    with TableWriter(old, COLUMNS, resume=True) as table:
        table.add([(0, 1, '"a, b"', 0.5)])
    assert read_table(old).label.tolist() == ['"a, b"']


# -- reading


def test_a_table_without_rows_has_its_columns(tmp_path):
    TableWriter(tmp_path / 'y.csv', COLUMNS).close()
    assert len(read_table(tmp_path / 'y.csv')) == 0
    with TableWriter(tmp_path / 'v.parquet', COLUMNS) as table:
        table.finish()
    assert list(read_table(tmp_path / 'v.parquet').columns) == COLUMNS


def test_a_table_in_another_encoding_is_one_line(tmp_path):
    path = tmp_path / 'excel.csv'
    path.write_bytes(WHOLE.replace('happy,0.9', 'José,0.9').encode('cp1252'))
    TableWriter(path, COLUMNS, resume=True).close()
    with refused('is not a table'):
        read_table(path)


def test_what_cannot_be_read_is_one_line(tmp_path):
    with refused('is not there'):
        list(read_rows(tmp_path / 'none.csv'))
    (tmp_path / 'z.parquet').write_bytes(b'no')
    with refused('is not a table'):
        list(read_rows(tmp_path / 'z.parquet'))


def test_an_empty_row_and_a_label_called_nan_stay(tmp_path):
    with TableWriter(tmp_path / 'w.parquet', COLUMNS) as table:
        table.add([('', '', '', ''), (1, 1, 'nan', 0.5)])
        table.finish()
    rows = read_table(tmp_path / 'w.parquet')
    assert rows.frame.isna().tolist() == [True, False]
    assert rows.label[1] == 'nan'


@pytest.mark.parametrize('kind', ['csv', 'parquet'])
def test_yes_no_and_neither_come_back(tmp_path, kind):
    path = tmp_path / f's.{kind}'
    with TableWriter(path, ['file', 'sure', 'flags']) as table:
        table.add([('a', True, 'small'), ('b', False, ''), ('c', '', '')])
        table.finish()
    rows = read_table(path)
    assert [None if pd.isna(v) else bool(v) for v in rows['sure']] == [True, False, None]
    assert rows['flags'].fillna('').tolist() == ['small', '', '']


# -- writing that fails


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='no /dev/full here')
def test_a_full_disk_is_one_line(tmp_path):
    (tmp_path / 'full.csv').symlink_to('/dev/full')
    with refused('the disk is full'):
        TableWriter(tmp_path / 'full.csv', COLUMNS)


def test_text_that_parquet_cannot_hold_stays_in_the_csv(tmp_path):
    path = tmp_path / 'own.parquet'
    with TableWriter(path, ['file', 'who']) as table:
        table.add([('a.jpg', 'bob')])
        with refused('name the table .csv'):
            table.finish()
    assert 'own.parquet.writing' not in os.listdir(tmp_path)
    assert read_table(path).who.tolist() == ['bob']
