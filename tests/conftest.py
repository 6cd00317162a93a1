"What all tests share, and how a run closes: one plain line, and every skipped test with its reason"

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
SHARED = TOP.parent / 'shared'  # the developers' data, where it lies beside the checkout

# The commands of nbdev and ruff lie beside this Python.
os.environ['PATH'] = str(Path(sys.executable).parent) + os.pathsep + os.environ['PATH']

# Two workers take files in this order. The longest come first, so that neither worker is left
# with a long one at the end.
LONGEST = [
    'test_notebooks.py',
    'test_app.py',
    'test_live.py',
    'test_architectures.py',
    'test_train.py',
    'test_wheel.py',
    'test_path.py',
    'test_site.py',
    'test_video.py',
    'test_serve.py',
    'test_deploy.py',
]


def tracked_files():
    "Paths, from the top, of the files that git has or would take"
    words = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
    done = subprocess.run(words, cwd=TOP, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split('\0') if name]


@pytest.fixture(scope='session')
def csv_path(tmp_path_factory):
    "The real fer2013.csv: the one in data/, or unpacked from shared/"
    own = TOP / 'data/fer2013.csv'
    if own.exists():
        return own
    tool = SHARED / 'tools/fer2013.py'
    if not tool.exists():
        pytest.skip('no data/fer2013.csv: data/README.md says how to get it')
    path = tmp_path_factory.mktemp('data') / 'fer2013.csv'
    subprocess.run([sys.executable, tool, path], check=True, capture_output=True)
    return path


def pytest_collection_modifyitems(items):
    place = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin('terminalreporter')
    if not reporter:
        return

    def count(*kinds):
        return sum(len(reporter.stats.get(kind, [])) for kind in kinds)

    for report in reporter.stats.get('skipped', []):
        reason = report.longrepr
        if isinstance(reason, tuple):
            reason = reason[2]
        print(f'SKIPPED {report.nodeid}: {reason}')
    line = f"{count('passed')} passed, {count('failed', 'error')} failed"
    if count('skipped'):
        line += f", {count('skipped')} skipped"
    print(line)
