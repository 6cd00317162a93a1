"""The files in deploy/, as far as they go without Docker.

The image's own command and health check, the real nginx in front of it, and every name in them.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
import psutil
import pytest
import yaml
from conftest import TOP

DEPLOY = TOP / 'deploy'
COMPOSE = yaml.safe_load((DEPLOY / 'compose.yml').read_text())
SERVICES = COMPOSE['services']


def instructions(path):
    "Of a Dockerfile: (word, the rest), continued lines joined"
    text = re.sub(r'\\\n\s*', ' ', re.sub(r'^#.*\n', '', path.read_text(), flags=re.M))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


IMAGE = instructions(DEPLOY / 'Dockerfile')


def of(word):
    return [rest for w, rest in IMAGE if w == word]


CMD = json.loads(of('CMD')[-1])
HEALTH = json.loads(of('HEALTHCHECK')[0].split('CMD ')[1])
ENV = dict(pair.split('=', 1) for pair in shlex.split(of('ENV')[0]))


def option(command, name):
    return command[command.index(name) + 1]


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(('127.0.0.1', port)) == 0


def until(question, seconds=300, process=None):
    "Wait for what must happen; `seconds` only bounds how long a failure takes"
    end = time.monotonic() + seconds
    while not question():
        ended = process and process.poll() is not None
        if ended or time.monotonic() > end:
            pytest.fail('it did not come to pass')
        time.sleep(0.2)


# --- the files name only what exists --------------------------------------------------------------


def options(command):
    "What `fer-nb COMMAND --help` says there is"
    done = subprocess.run(
        ['fer-nb', command, '--help'],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, 'COLUMNS': '200', 'TERM': 'dumb', 'NO_COLOR': '1'},
    )
    return set(re.findall(r'--[a-z][\w-]*', re.sub(r'\x1b\[[0-9;]*m', '', done.stdout)))


def test_every_file_says_what_it_is_for():
    for path in [*DEPLOY.iterdir(), TOP / '.dockerignore']:
        assert path.read_text().startswith('# '), path.name


def test_the_tutorial_shows_the_files_as_they_are():
    cells = json.loads((TOP / 'nbs/tutorials/server.ipynb').read_text())['cells']
    shown = '\n'.join(
        ''.join(o['data'].get('text/markdown', ''))
        for c in cells
        for o in c.get('outputs', [])
        if 'data' in o
    )
    for path in DEPLOY.iterdir():
        assert path.read_text().strip() in shown, (
            f'{path.name} changed: run nbs/tutorials/server.ipynb again'
        )


def test_dockerfile():
    assert IMAGE[0][0] == 'FROM' and all(
        re.match(r'python:\d\.\d+-slim-\w+', f) for f in of('FROM')
    ), 'the base is not fixed'
    words = [w for w, _ in IMAGE]
    assert (
        of('USER')
        and of('USER')[-1] not in ('root', '0')
        and words.index('USER') < words.index('CMD')
    )
    assert CMD[0] == 'fer-nb' and {o for o in CMD if o.startswith('--')} <= options(CMD[1])
    assert set(of('EXPOSE')[0].split()) == {
        option(CMD, '--port'),
        option(SERVICES['serve']['command'], '--port'),
    }
    assert option(CMD, '--port') in HEALTH[-1] and not any(
        'tensorflow' in rest for _, rest in IMAGE
    )
    visitors = json.loads((TOP / 'benchmarks/app.json').read_text())['many_visitors']['visitors']
    assert int(option(CMD, '--kernels')) - int(option(CMD, '--ready')) == visitors, (
        'the Dockerfile says that so many were measured'
    )


def sent(path):
    "Whether .dockerignore sends a file to the build: the last line that fits it decides"
    yes, parts = True, Path(path).parts
    for line in (TOP / '.dockerignore').read_text().splitlines():
        if not line or line.startswith('#'):
            continue
        pattern = line.lstrip('!').replace('**/', '*')
        if any(fnmatch('/'.join(parts[:n]), pattern) for n in range(1, len(parts) + 1)):
            yes = line.startswith('!')
    return yes


def test_what_is_copied_makes_a_whole_package(tmp_path):
    copied = [
        (words[:-1], words[-1])
        for words in map(str.split, of('COPY'))
        if not words[0].startswith('--from')
    ]
    for sources, target in copied:
        for name in sources:
            assert (TOP / name).exists() and sent(name), f'COPY {name}'
            files = (
                [TOP / name]
                if (TOP / name).is_file()
                else [f for f in (TOP / name).rglob('*') if f.is_file()]
            )
            for f in files:
                to = (
                    tmp_path
                    / target.strip('/')
                    / (f.name if f == TOP / name else f.relative_to(TOP / name))
                )
                if sent(f.relative_to(TOP)):
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(f, to)
    assert not any(
        sent(p)
        for p in (
            'data/fer2013.csv',
            'runs/x/model.keras',
            '.git/config',
            'models/fernet-small/model.keras',
            'evaluation.html',
        )
    )
    built = subprocess.run(
        [sys.executable, 'setup.py', '-q', 'build', '--build-base', str(tmp_path / 'out')],
        cwd=tmp_path / 'src',
        capture_output=True,
        text=True,
    )
    if 'No module named' in built.stderr and 'setuptools' in built.stderr:
        pytest.skip('setuptools is not here: the package was not built')
    package = tmp_path / 'out/lib/fer_nb'
    assert built.returncode == 0, built.stderr[-2000:]
    for name in (
        'app.ipynb',
        'cli/main.py',
        'app/kernels.py',
        'app/static/faces.js',
        'models/fernet-small/model.onnx',
    ):
        assert (package / name).exists(), name


def test_compose():
    for name, service in SERVICES.items():
        assert (
            service['read_only']
            and service['security_opt'] == ['no-new-privileges:true']
            and service['cap_drop'] == ['ALL']
            and service['tmpfs']
            and service['mem_limit']
        ), name
        assert set(service['networks']) <= set(COMPOSE['networks']) and set(
            service.get('depends_on', {})
        ) <= set(SERVICES), name
        assert 'build' in service or re.fullmatch(r'[\w/]+:v?\d[\w.]+-?\w*', service['image']), (
            f'{name}: which version?'
        )
        if 'build' in service:
            assert (
                DEPLOY / service['build']['context'] / service['build']['dockerfile']
            ).is_file() and service['memswap_limit'] == service['mem_limit']
        for volume in service.get('volumes', []):
            source = volume.split(':')[0]
            assert (
                (DEPLOY / source).exists()
                if source.startswith('.')
                else source in COMPOSE['volumes']
            ), volume
    serve = SERVICES['serve']['command']
    assert {o for o in serve if o.startswith('--')} <= options('serve') and option(
        serve, '--port'
    ) in SERVICES['serve']['healthcheck']['test'][-1]
    for name, port in re.findall(r'set \$\w+ +(\w+):(\d+);', (DEPLOY / 'nginx.conf').read_text()):
        assert option(SERVICES[name].get('command') if name == 'serve' else CMD, '--port') == port


def test_fly():
    fly = tomllib.loads((DEPLOY / 'fly.toml').read_text())
    assert (DEPLOY / fly['build']['dockerfile']).is_file() and str(
        fly['http_service']['internal_port']
    ) == option(CMD, '--port')
    assert (
        fly['http_service']['checks'][0]['path'] in HEALTH[-1]
        and fly['vm'][0]['memory'].rstrip('b') == SERVICES['app']['mem_limit']
    )


# --- the image's command --------------------------------------------------------------------------


def container(command, folder, **more):
    "Start a command as in the container: no environment of ours, and a home that is read-only"
    tmp = folder / 'tmp'
    tmp.mkdir(exist_ok=True)
    env = {
        **{k: v.replace('/tmp', str(tmp)) for k, v in ENV.items()},
        'PATH': f'{Path(sys.executable).parent}:/usr/bin:/bin',
        'HOME': '/dev/null/home',
        'TMPDIR': str(tmp),
        **more,
    }
    log = open(folder / f'{command[1]}.log', 'w')
    process = subprocess.Popen(
        command, cwd='/', env=env, stdout=log, stderr=log, start_new_session=True
    )
    process.env, process.log = env, folder / f'{command[1]}.log'
    return process


def healthy(process, command):
    return (
        subprocess.run(
            [sys.executable, *command[1:]], env=process.env, cwd='/', capture_output=True
        ).returncode
        == 0
    )


def stop(process):
    if process.poll() is None:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        assert process.wait(120) in (0, -15, 143), process.log.read_text()
        assert not psutil.wait_procs(family, timeout=120)[1], 'processes stay'


@pytest.fixture(scope='module')
def app(tmp_path_factory):
    "CMD itself, on a free port, with three kernels in place of eleven, kept for the whole test"
    port = free_port()

    def own(words):
        return [w.replace(option(CMD, '--port'), str(port)) for w in words]

    command = own(CMD)
    command[command.index('--kernels') + 1] = '3'
    command[command.index('--idle') + 1] = '3600'
    process = container(command, tmp_path_factory.mktemp('app'))
    process.port, process.health = port, own(HEALTH)
    yield process
    stop(process)
    assert 'Traceback' not in process.log.read_text(), process.log.read_text()[-3000:]


@pytest.fixture(scope='module')
def serve(tmp_path_factory):
    "compose.yml's command for the endpoint"
    port, service = free_port(), SERVICES['serve']

    def own(words):
        return [w.replace(option(service['command'], '--port'), str(port)) for w in words]

    process = container(
        own(service['command']), tmp_path_factory.mktemp('serve'), FER_NB_SERVE_TOKEN='secret'
    )
    process.port, process.health = port, own(service['healthcheck']['test'][1:])
    yield process
    stop(process)


def test_the_health_check(app):
    until(lambda: healthy(app, app.health), process=app)
    server = psutil.Process(app.pid).children()[0]
    server.suspend()  # it is there, and hangs
    try:
        assert not healthy(app, app.health)
    finally:
        server.resume()
    until(lambda: healthy(app, app.health), process=app)


def test_no_token_no_endpoint(tmp_path):
    process = container(SERVICES['serve']['command'], tmp_path, FER_NB_SERVE_TOKEN='')
    assert process.wait(300) == 1 and 'the token is empty' in process.log.read_text()


# --- the proxy ------------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def nginx():
    found = shutil.which('nginx', path=os.environ['PATH'] + ':/usr/sbin:/usr/local/sbin')
    if not found or not shutil.which('openssl'):
        pytest.skip(
            'NGINX OR OPENSSL IS NOT HERE: the proxy was not tested; '
            'on Debian and Ubuntu run apt install nginx-light openssl'
        )
    return found


@pytest.fixture(scope='module')
def proxy(nginx, app, serve, tmp_path_factory):
    """The real nginx with deploy/nginx.conf, its own certificate and addresses of this machine.

    Its rates are so low that each burst is the same on every machine.
    """
    folder, (tls, plain) = tmp_path_factory.mktemp('nginx'), (free_port(), free_port())
    subprocess.run(
        [
            'openssl',
            'req',
            '-x509',
            '-newkey',
            'rsa:2048',
            '-nodes',
            '-days',
            '1',
            '-subj',
            '/CN=localhost',
            '-keyout',
            folder / 'privkey.pem',
            '-out',
            folder / 'fullchain.pem',
        ],
        check=True,
        capture_output=True,
    )
    text = (DEPLOY / 'nginx.conf').read_text()
    temporary = ''.join(
        f'{kind}_temp_path {folder}/{kind};'
        for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')
    )
    for ours, here in [
        ('user nginx;', 'user root;' if os.geteuid() == 0 else ''),
        ('/run/nginx.pid', f'{folder}/pid'),
        ('http {', 'http { ' + temporary),
        ('rate=30r/m', 'rate=1r/m'),
        ('rate=10r/s', 'rate=1r/m'),
        ('listen 80;', f'listen 127.0.0.1:{plain};'),
        ('listen 443 ssl;', f'listen 127.0.0.1:{tls} ssl;'),
        ('/etc/letsencrypt/live/fer_nb/fullchain.pem', f'{folder}/fullchain.pem'),
        ('/etc/letsencrypt/live/fer_nb/privkey.pem', f'{folder}/privkey.pem'),
        ('app:8866', f'127.0.0.1:{app.port}'),
        ('serve:8867', f'127.0.0.1:{serve.port}'),
    ]:
        assert text.count(ours) == 1, ours
        text = text.replace(ours, here)
    (folder / 'nginx.conf').write_text(text)
    command = [
        nginx,
        '-p',
        str(folder),
        '-e',
        'stderr',
        '-c',
        str(folder / 'nginx.conf'),
        '-g',
        'daemon off;',
    ]
    checked = subprocess.run([*command[:-2], '-t'], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    for upstream in (app, serve):
        until(lambda u=upstream: healthy(u, u.health), process=upstream)
    with open(folder / 'log', 'w') as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    for port in (tls, plain):
        until(lambda port=port: listens(port), process=process)
    process.log, process.tls, process.plain, process.folder = folder / 'log', tls, plain, folder
    yield process
    stop(process)
    assert process.log.read_text() == '' and not [
        f
        for f in folder.rglob('*')
        if f.is_file() and f.name not in ('nginx.conf', 'log', 'privkey.pem', 'fullchain.pem')
    ], 'the proxy kept something'


def ask(proxy, path, data=None, plain=False, **headers):
    "Status, headers and body of an answer through the proxy"
    request = urllib.request.Request(
        f"http{'' if plain else 's'}://localhost:{proxy.plain if plain else proxy.tls}{path}",
        data,
        headers,
    )

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *a):
            return None

    opener = urllib.request.build_opener(
        NoRedirect,
        urllib.request.HTTPSHandler(context=ssl._create_unverified_context()),
        urllib.request.ProxyHandler({}),
    )
    try:
        answer = opener.open(request, timeout=300)
    except urllib.error.HTTPError as e:
        answer = e
    return answer.status, answer.headers, answer.read()


def test_a_page_and_its_websocket_go_through(proxy):
    from tornado.httpclient import HTTPClientError, HTTPRequest
    from tornado.websocket import websocket_connect

    assert (
        ask(proxy, '/x?y', plain=True)[:2][0] == 301
        and ask(proxy, '/x?y', plain=True)[1]['location'] == 'https://localhost/x?y'
    )
    status, headers, page = ask(proxy, '/')
    assert (
        status == 200
        and headers['strict-transport-security']
        and 'server_tokens' not in headers
        and not re.search(r'\d', headers['server'])
    )
    kernel = re.search(rb'"kernelId": *"([^"]+)"', page)[1].decode()
    hello = {
        'channel': 'shell',
        'header': {
            'msg_id': '1',
            'msg_type': 'kernel_info_request',
            'session': 's',
            'username': '',
            'version': '5.3',
        },
        'parent_header': {},
        'metadata': {},
        'content': {},
    }

    async def talk(origin):
        request = HTTPRequest(
            f'wss://localhost:{proxy.tls}/api/kernels/{kernel}/channels',
            headers={'Origin': origin},
            validate_cert=False,
        )
        socket = await websocket_connect(request)
        await socket.write_message(json.dumps(hello))
        async with asyncio.timeout(300):
            while json.loads(await socket.read_message())['msg_type'] != 'kernel_info_reply':
                pass
        socket.close()

    asyncio.run(talk(f'https://localhost:{proxy.tls}'))
    with pytest.raises(HTTPClientError, match='403'):
        asyncio.run(talk('https://elsewhere.example'))


def test_what_is_too_large_or_too_often_is_refused(proxy):
    headers = {'Content-Type': 'image/jpeg', 'Authorization': 'Bearer secret'}
    assert (
        ask(proxy, '/predict', b'x' * 1000, **headers)[0] == 422
        and ask(proxy, '/predict', b'x' * 1000)[0] == 401
    )
    assert (
        ask(proxy, '/predict', b'x' * (21 * 2**20), **headers)[0] == 413
        and ask(proxy, '/voila/static/', b'x' * 70_000)[0] == 413
    )
    with ThreadPoolExecutor(16) as many:
        seen = list(
            many.map(lambda _: ask(proxy, '/predict', b'x' * 1000, **headers)[0], range(30))
        )
    assert set(seen) == {422, 429} and seen.count(422) >= 19, (
        seen
    )  # a burst of 21, of which two are spent above


def test_when_kernels_run_out(proxy):
    seen = [ask(proxy, '/')[0] for _ in range(4)]
    assert 503 in seen and set(seen) == {200, 503}, seen
    assert b'All places are taken' in ask(proxy, '/')[2]
    with ThreadPoolExecutor(16) as many:
        seen = set(many.map(lambda _: ask(proxy, '/')[0], range(40)))
    assert 429 in seen and seen <= {429, 503}, seen


def test_what_was_stopped_is_not_healthy(app):  # the last that uses it
    stop(app)
    assert not healthy(app, app.health)


# --- many users -----------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def hub():
    "jupyterhub_config.py, loaded as JupyterHub does"
    for name in ('jupyterhub', 'nativeauthenticator', 'systemdspawner', 'jupyterhub_idle_culler'):
        pytest.importorskip(
            name,
            reason='JUPYTERHUB OR A PART OF IT IS NOT HERE: its configuration was not tested; '
            'the first lines of deploy/jupyterhub_config.py say what to install',
        )
    from traitlets.config import PyFileConfigLoader

    return PyFileConfigLoader('jupyterhub_config.py', str(DEPLOY)).load_config()


def test_hub_sets_only_what_there_is(hub):
    import importlib
    import importlib.metadata
    from jupyter_client import KernelManager
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
    from jupyterhub.app import JupyterHub
    from jupyterhub.auth import Authenticator
    from jupyterhub.spawner import Spawner
    from nativeauthenticator import NativeAuthenticator
    from packaging.requirements import Requirement
    from traitlets.config import Application
    from systemdspawner import SystemdSpawner
    from voila.configuration import VoilaConfiguration

    known = {
        k.__name__: k
        for k in (
            JupyterHub,
            Authenticator,
            NativeAuthenticator,
            Spawner,
            SystemdSpawner,
            VoilaConfiguration,
            KernelManager,
            MappingKernelManager,
            Application,
        )
    }
    for section, values in hub.items():
        traits = known[section].class_traits(config=True)
        for name, value in values.items():
            traits[name].validate(known[section].__new__(known[section]), value)
    for argument in hub.Spawner.args:
        section, name = argument.split('=')[0].lstrip('-').split('.')
        assert name in known[section].class_traits(config=True), argument

    def entry(group):
        return {e.name for e in importlib.metadata.entry_points(group=f'jupyterhub.{group}')}

    assert hub.JupyterHub.authenticator_class in entry(
        'authenticators'
    ) and hub.JupyterHub.spawner_class in entry('spawners')
    assert all(Path(p).is_dir() for p in hub.JupyterHub.template_paths)
    for wanted in map(
        Requirement,
        re.findall(
            r"'(jupyterhub[^']+)'", (DEPLOY / 'jupyterhub_config.py').read_text().split('import')[0]
        ),
    ):
        assert wanted.specifier.contains(importlib.metadata.version(wanted.name)), (
            f'{wanted} is what the file says, and another version is tested here'
        )
    from jupyterhub.scopes import scope_definitions

    assert set(hub.JupyterHub.load_roles[0]['scopes']) <= set(
        scope_definitions
    ) and importlib.util.find_spec(hub.JupyterHub.services[0]['command'][2])


def test_a_user_of_the_hub_gets_the_app(hub, tmp_path):
    "The spawner's command, environment and page, on a Jupyter server that asks no hub who it is"
    port, (sh, c, script, name) = free_port(), hub.Spawner.cmd
    env = {**hub.Spawner.environment, 'HOME': str(tmp_path), 'TMPDIR': str(tmp_path)}
    command = [
        sh,
        c,
        script.replace('jupyterhub-singleuser', 'jupyter-server'),
        name,
        *hub.Spawner.args,
        f'--port={port}',
        '--no-browser',
        '--IdentityProvider.token=',
        *(['--allow-root'] if os.geteuid() == 0 else []),
    ]
    with open(tmp_path / 'log', 'w') as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True
        )
    process.log = tmp_path / 'log'
    try:
        page = ''

        def open_page():
            nonlocal page
            try:
                page = (
                    urllib.request.urlopen(
                        f'http://127.0.0.1:{port}{hub.Spawner.default_url}', timeout=300
                    )
                    .read()
                    .decode()
                )
            except OSError:
                return False
            return True

        until(open_page, process=process)
    finally:
        stop(process)
    assert 'Facial expressions' in page and 'HeaderWidget' in page and 'cdn.' not in page, (
        process.log.read_text()[-3000:]
    )
