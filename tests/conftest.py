"What all tests share, and how a run closes: one plain line, and every skipped test said aloud"

import os, sys
from pathlib import Path
import pytest

TOP = Path(__file__).resolve().parent.parent
SHARED = TOP.parent / 'shared'  # the developers' data, where it lies beside the checkout
os.environ['PATH'] = (
    str(Path(sys.executable).parent) + os.pathsep + os.environ['PATH']
)  # nbdev's commands


@pytest.fixture(scope='session')
def csv_path(tmp_path_factory):
    "The real fer2013.csv, unpacked from shared/, or one in data/"
    import subprocess

    if (TOP / 'data/fer2013.csv').exists():
        return TOP / 'data/fer2013.csv'
    tool = SHARED / 'tools/fer2013.py'
    if not tool.exists():
        pytest.skip('no data/fer2013.csv: data/README.md says how to get it')
    path = tmp_path_factory.mktemp('data') / 'fer2013.csv'
    subprocess.run([sys.executable, tool, path], check=True, capture_output=True)
    return path


# The files that take longest, longest first: two workers take files in this order, so that neither is left with a long one at the end
LONGEST = [
    'test_notebooks.py',
    'test_app.py',
    'test_train.py',
    'test_wheel.py',
    'test_path.py',
    'test_site.py',
    'test_video.py',
    'test_serve.py',
    'test_deploy.py',
]


def pytest_collection_modifyitems(items):
    place = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin('terminalreporter')
    if not reporter:
        return
    count = lambda *kinds: sum(len(reporter.stats.get(k, [])) for k in kinds)
    for r in reporter.stats.get('skipped', []):
        print(
            f"SKIPPED {r.nodeid}: {r.longrepr[2] if isinstance(r.longrepr, tuple) else r.longrepr}"
        )
    skipped = f", {count('skipped')} skipped" if count('skipped') else ''
    print(f"{count('passed')} passed, {count('failed', 'error')} failed{skipped}")
