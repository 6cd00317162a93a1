"Nothing that the package starts reports to anybody: no look-up of a host, no file left in HOME"

import contextlib
import os
import shutil
import subprocess
import sys
import time

import pytest

from conftest import TOP

STRACE = shutil.which('strace')
MODEL = TOP / 'models/mini_xception/model.onnx'

PREDICT = """
import numpy as np
from fer_nb.inference.recognize import Recognizer
Recognizer.load(detector='whole')(np.zeros((64, 64, 3), 'u1'))
"""
COMMAND = f"""
from fer_nb.cli.main import main
main(['predict', '--json', '--detector', 'whole', {str(TOP / 'fer_nb/app/static/astronaut.jpg')!r}])
"""
ENDPOINT = """
import pytest
pytest.importorskip('fastapi')
from fer_nb.serve import ServeSettings, create_app
create_app(ServeSettings(detector='whole'))
"""
KERNEL = """
from fer_nb.app.page import load_app
load_app()
"""
QUALITY = """
from fer_nb.app.quality import layers
from fer_nb.inference.runtime import OnnxModel
layers(OnnxModel('mini_xception'))
"""
CHILD = """
import subprocess, sys
import fer_nb
subprocess.run([sys.executable, '-c', 'import onnxruntime'], check=True)
"""
WORKER = """
import pytest
distributed = pytest.importorskip('distributed')
from fer_nb.inference.batch import predict_folder
if __name__ == '__main__':
    import sys
    with distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            setup = {'detector': 'whole'}
            predict_folder([sys.argv[1]], sys.argv[2], client=client, progress=False, **setup)
"""


def environment(home):
    "A user who never ran anything, and who asked for nothing"
    home.mkdir()
    known = {k: v for k, v in os.environ.items() if k != 'ORT_DISABLE_TELEMETRY'}
    known.pop('XDG_CACHE_HOME', None)
    search = os.pathsep.join(filter(None, [str(TOP), os.environ.get('PYTHONPATH')]))
    return {**known, 'HOME': str(home), 'PYTHONPATH': search}


def left(home):
    "Files of ONNX Runtime's reports; Matplotlib and Jupyter may keep theirs"
    return [p for p in home.rglob('*') if 'onnxruntime' in str(p).lower()]


def run(code, home, *words):
    done = subprocess.run(
        [sys.executable, '-c', code, *words], env=environment(home), capture_output=True, text=True
    )
    if 'Skipped: ' in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    'code',
    [PREDICT, COMMAND, ENDPOINT, KERNEL, QUALITY, CHILD],
    ids=['predict', 'command', 'endpoint', 'kernel', 'quality', 'child'],
)
def test_no_file_is_left_in_home(tmp_path, code):
    run(code, tmp_path / 'home')
    assert not left(tmp_path / 'home')


def test_a_prediction_writes_no_file_at_all(tmp_path):
    run(PREDICT, tmp_path / 'home')
    assert not [p for p in (tmp_path / 'home').rglob('*') if p.is_file()]


def test_no_file_is_left_by_a_dask_worker(tmp_path):
    script = tmp_path / 'work.py'
    script.write_text(WORKER)
    table = tmp_path / 'faces.csv'
    code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    run(code, tmp_path / 'home', str(TOP / 'fer_nb/app/static/astronaut.jpg'), str(table))
    assert table.exists() and not left(tmp_path / 'home')


def test_who_imports_onnxruntime_first_is_told(tmp_path):
    "It is too late then, so that is said"
    code = "import onnxruntime; onnxruntime.__version__ = '1.29.0'; import fer_nb"
    done = subprocess.run(
        [sys.executable, '-c', code],
        env=environment(tmp_path / 'home'),
        capture_output=True,
        text=True,
    )
    assert done.stderr.count('import fer_nb first, or set ORT_DISABLE_TELEMETRY=1') == 1
    code = code.replace('1.29.0', '1.28.2')
    done = subprocess.run(
        [sys.executable, '-c', code],
        env=environment(tmp_path / 'other'),
        capture_output=True,
        text=True,
    )
    assert done.stderr == ''


WAITING = "print('ready', flush=True)\nimport sys; sys.stdin.read()"


@contextlib.contextmanager
def traced(code, folder):
    "A process that did its work and waits, with the file of what it connected to; nothing gets out"
    trace = folder.with_suffix('.trace')
    watch = [STRACE, '-f', '-e', 'trace=connect', '-e', 'inject=connect:error=ENETUNREACH']
    process = subprocess.Popen(
        [*watch, '-o', str(trace), sys.executable, '-c', code + WAITING],
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == 'ready\n'
        yield trace
    finally:
        process.communicate('', timeout=60)


def asks(trace):
    return 'AF_INET' in trace.read_text()


@pytest.mark.skipif(not STRACE, reason='strace is not installed')
def test_no_host_is_looked_up(tmp_path):
    "Ours has not asked anybody by the time when ONNX Runtime left alone has"
    alone = f"import onnxruntime as ort\nort.InferenceSession({str(MODEL)!r})\n"
    with traced(PREDICT, tmp_path / 'ours') as ours, traced(alone, tmp_path / 'alone') as theirs:
        until = time.monotonic() + 60
        while not asks(theirs) and time.monotonic() < until:
            time.sleep(0.2)
        if not asks(theirs):
            pytest.skip('this ONNX Runtime reports nothing even when it is left alone')
    assert not asks(ours)
