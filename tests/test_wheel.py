"The wheel as a stranger installs it: empty environment, no repository, no network, no TensorFlow"

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import TOP, tracked_files
from PIL import Image

UV = shutil.which('uv')
NOT_BUILT = ('data/', 'tests/', 'benchmarks/')
NO_INDEX = ('connect', 'resolve host', 'dns', 'network', 'timed out')
CARRIED = [
    'fer_nb/app.ipynb',
    'fer_nb/py.typed',
    'fer_nb/app/static/faces.js',
    'fer_nb/core/fetchable.json',
    'fer_nb/core/fonts/happy.png',
    'fer_nb/models/fernet-small/model.onnx',
    'fer_nb/models/mini_xception/metrics.json',
    'fer_nb/models/mini_xception/model.json',
    'fer_nb/models/mini_xception/model.onnx',
]


def installer(python):
    "Words that come before what is to be installed"
    if UV:
        return [UV, 'pip', 'install', '--quiet', '--python', str(python)]
    # As uv does, leave modules to be compiled when they are imported: few of thousands are.
    options = ['--quiet', '--disable-pip-version-check', '--no-compile']
    return [str(python), '-m', 'pip', 'install', *options]


def builder(source, out):
    if UV:
        return [UV, 'build', '--quiet', '--wheel', '--out-dir', str(out), str(source)]
    words = [sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps']
    return [*words, '-w', str(out), str(source)]


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    "Built from the files that git has, so that nothing lying about gets in"
    source, out = tmp_path_factory.mktemp('source'), tmp_path_factory.mktemp('dist')
    for name in tracked_files():
        if name.startswith(NOT_BUILT) or not (TOP / name).exists():
            continue
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, source / name, follow_symlinks=False)
    done = subprocess.run(builder(source, out), capture_output=True, text=True)
    if done.returncode and not list(out.iterdir()) and 'setuptools' in done.stderr:
        pytest.skip('NO WHEEL COULD BE BUILT, setuptools cannot be fetched: it was not tested')
    assert done.returncode == 0, done.stderr[-3000:]
    return next(out.glob('*.whl'))


@pytest.fixture(scope='module')
def names(wheel):
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_is_small(wheel):
    assert wheel.stat().st_size <= 12e6


@pytest.mark.parametrize('name', CARRIED)
def test_the_wheel_carries(names, name):
    assert name in names


def test_the_wheel_carries_every_module_and_static_file(names):
    for path in tracked_files():
        if path.startswith('fer_nb/') and (TOP / path).is_file():
            assert path in names, (
                f'{Path(path).relative_to("fer_nb")} is not in the wheel: setup.py'
            )


def test_the_wheel_leaves_out_what_is_large_or_for_developers(names):
    assert not [n for n in names if n.startswith('fer_nb/models/fernet-base')]
    assert not [n for n in names if n.startswith(('nbs/', 'tests/'))]
    assert not [n for n in names if n.endswith(('.keras', '.csv.gz'))]


# --- installed ----------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def installed(wheel, tmp_path_factory):
    "Folder of the programs of a new environment with the wheel and what it requires"
    env = tmp_path_factory.mktemp('env') / 'venv'
    make = [sys.executable, '-m', 'venv', str(env)]
    if UV:
        make = [UV, 'venv', '--quiet', '--python', sys.executable, str(env)]
    subprocess.run(make, check=True)
    programs = env / ('Scripts' if os.name == 'nt' else 'bin')
    words = [*installer(programs / 'python'), str(wheel)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode and any(word in done.stderr.lower() for word in NO_INDEX):
        pytest.skip('NO PACKAGE INDEX CAN BE REACHED: the wheel was not installed')
    assert done.returncode == 0, done.stderr[-3000:]
    return programs


# A network namespace with nothing in it but the loopback, and proxies that lead nowhere
NO_NETWORK = """
import os, sys
if sys.platform == 'linux':
    import ctypes, fcntl, socket, struct
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x40000000) == 0 or libc.unshare(0x10000000 | 0x40000000) == 0:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x1 | 0x40))
        print('no network')
nowhere = 'http://127.0.0.1:9'
os.environ.update({k: nowhere for k in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY')})
os.environ.update(no_proxy='127.0.0.1', NO_PROXY='127.0.0.1')
"""


@pytest.fixture
def alone(installed, tmp_path):
    "Run Python code with an empty home, far from the repository; what it printed"

    def run(code):
        env = {
            'PATH': os.pathsep.join([str(installed), '/usr/bin', '/bin']),
            'HOME': str(tmp_path),
            'LANG': 'C.UTF-8',
            'SYSTEMROOT': os.environ.get('SYSTEMROOT', ''),
        }
        words = [installed / 'python', '-c', NO_NETWORK + code]
        streams = {'capture_output': True, 'text': True}
        done = subprocess.run(words, cwd=tmp_path, env=env, timeout=900, **streams)
        assert done.returncode == 0, done.stdout + done.stderr
        assert 'Traceback' not in done.stderr, done.stderr
        return done.stdout, done.stderr

    return run


@pytest.fixture
def photo(tmp_path):
    from skimage.data import astronaut

    Image.fromarray(astronaut()).save(tmp_path / 'astronaut.png')


PREDICT = """
import subprocess
subprocess.run(['fer-nb', 'predict', 'astronaut.png', '--csv'], check=True)
subprocess.run(['fer-nb', 'doctor'], check=True)
"""


def test_predict(alone, photo):
    out, _ = alone(PREDICT)
    assert 'astronaut.png,' in out
    assert ',happy,' in out
    assert 'ok  default model' in out


FRONT_DOOR = """
from fer_nb import Recognizer, annotate
faces = Recognizer.load()('astronaut.png')
print(faces[0].label, len(faces.to_frame()), annotate('astronaut.png', faces).shape)
"""


def test_the_lines_of_the_readme(alone, photo):
    out, _ = alone(FRONT_DOOR)
    assert 'happy 1 (512, 512, 3)' in out


WHERE = """
from importlib.util import find_spec
import fer_nb
print([m for m in ('tensorflow', 'keras', 'nbdev', 'fastcore', 'torch') if find_spec(m)])
print(fer_nb.__file__)
"""


def test_nothing_of_the_repository_or_of_training_is_there(alone):
    out, _ = alone(WHERE)
    assert '[]' in out
    assert str(TOP) not in out
    if hasattr(os, 'geteuid') and os.geteuid() == 0:
        assert out.startswith('no network'), 'the test should have had no network'


# --- the larger network, which the wheel does not carry -----------------------------------------


def pack(name, archive):
    "Make the archive that a release carries; what the wheel should know of it"
    from fer_nb.core.fetch import pack_model
    from fer_nb.core.models import fetchable

    known = fetchable()[name]
    return {**pack_model(TOP / 'models' / name, archive), 'release': known['release']}, known


def test_archives_are_those_of_the_repository(tmp_path):
    from fer_nb.core.models import fetchable

    for name in fetchable():
        packed, known = pack(name, tmp_path / f'{name}.zip')
        assert packed == known, f'models/{name} changed: run python tools/make_release.py'


@pytest.fixture
def archive(tmp_path):
    from fer_nb.core.models import fetchable

    path = tmp_path / 'release' / fetchable()['fernet-base']['release'] / 'fernet-base.zip'
    path.parent.mkdir(parents=True)
    pack('fernet-base', path)
    return path


FETCH = """
import functools, http.server, os, subprocess, threading

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass

handler = functools.partial(Quiet, directory='release')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ['FER_NB_RELEASES'] = f'http://127.0.0.1:{server.server_port}'
subprocess.run(['fer-nb', 'predict', 'astronaut.png', '--model', 'fernet-base'])
subprocess.run(['fer-nb', 'fetch', 'fernet-base'])
subprocess.run(['fer-nb', 'predict', 'astronaut.png', '--model', 'fernet-base', '--csv'])
"""


def test_a_network_is_fetched_once_and_used(alone, photo, archive):
    out, err = alone(FETCH)
    assert 'run fer-nb fetch fernet-base once to get it' in err
    assert 'fernet-base is at' in out
    assert ',happy,' in out


def test_an_archive_with_another_hash_is_refused(alone, photo, archive):
    archive.write_bytes(archive.read_bytes()[:-1] + b'x')
    out, err = alone(FETCH)
    assert 'its SHA-256 differs' in err
    assert ',happy,' not in out


APP = """
import signal, socket, subprocess, time, urllib.request
with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
app = subprocess.Popen(['fer-nb', 'app', '--no-browser', '--port', str(port)])
page, end = '', time.monotonic() + 300
while not page:
    assert app.poll() is None and time.monotonic() < end
    try:
        page = urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=180).read().decode()
    except OSError:
        time.sleep(.2)
app.send_signal(signal.SIGTERM)
app.wait(120)
print('widgets', page.count('anywidget'), 'Traceback' in page)
"""


def test_app(alone):
    out, _ = alone(APP)
    widgets, failed = out.split('widgets ')[1].split()
    assert int(widgets) > 0
    assert failed == 'False'
