"A full disk costs what was being written, never what was there"

import contextlib
import os
import stat
from pathlib import Path
import pytest

from fer_nb.core.files import DiskError, whole_file, whole_files, write_text

resource = pytest.importorskip('resource', reason='Windows has no limit on the size of files')


@contextlib.contextmanager
def no_file_over(size):
    "As on a full disk: a write beyond so many bytes fails"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path):
    path = tmp_path / 'report.html'
    write_text(path, 'old')
    with no_file_over(1000), pytest.raises(DiskError, match='cannot be written') as e:
        write_text(path, 'x' * 5000)
    assert '\n' not in str(e.value)
    assert os.listdir(tmp_path) == ['report.html'] and path.read_text() == 'old'
    write_text(path, 'new')
    assert path.read_text() == 'new'


def test_one_file_that_does_not_fit_leaves_all_old_ones(tmp_path):
    (tmp_path / 'a').write_text('old')
    with no_file_over(1000), pytest.raises(DiskError), whole_files(tmp_path) as new:
        (new / 'a').write_text('new')
        (new / 'b').write_text('x' * 5000)
    assert os.listdir(tmp_path) == ['a'] and (tmp_path / 'a').read_text() == 'old'


def test_a_folder_that_was_made_for_nothing_is_removed(tmp_path):
    with pytest.raises(ValueError), whole_files(tmp_path / 'model'):
        raise ValueError
    assert not os.listdir(tmp_path)


def test_another_error_leaves_nothing_either(tmp_path):
    with pytest.raises(ValueError), whole_file(tmp_path / 'a.txt') as part:
        part.write_text('half')
        raise ValueError
    assert not os.listdir(tmp_path)


def test_a_link_stays_a_link_and_permissions_stay(tmp_path):
    real, link = tmp_path / 'real.txt', tmp_path / 'link.txt'
    real.write_text('old')
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(link, 'new')
    assert link.is_symlink() and real.read_text() == 'new'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    write_text('/dev/null', 'x')
    assert not Path('/dev/null').is_file()


def test_a_long_name_and_an_ending(tmp_path):
    path = tmp_path / ('ä' * 120 + '.weights.h5')
    with whole_file(path) as part:
        assert part.name.endswith('.weights.h5')
        part.write_bytes(b'x')
    assert path.read_bytes() == b'x'


def test_a_folder_or_a_place_that_is_not_there_is_one_line(tmp_path):
    for path in (tmp_path, tmp_path / 'none/a.txt'):
        with pytest.raises(DiskError, match='cannot be written') as e:
            write_text(path, 'x')
        assert '\n' not in str(e.value)


@pytest.mark.skipif(
    hasattr(os, 'geteuid') and os.geteuid() == 0, reason='root may write everywhere'
)
def test_a_locked_file_stays(tmp_path):
    path = tmp_path / 'a.txt'
    path.write_text('old')
    path.chmod(0o444)
    with pytest.raises(DiskError, match='may not write'):
        write_text(path, 'new')
    assert path.read_text() == 'old'
