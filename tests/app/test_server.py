"Starting the app's server, and ending it with all that it started"

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from fer_nb.app.server import voila_command

RUN_A_SERVER = """
import os, sys
from fer_nb.app.server import run_until_stopped
server = [sys.executable, '-c', 'import time; time.sleep(600)']
run_until_stopped(server, dict(os.environ), on_stop=lambda: print('stopping', file=sys.stderr))
"""


def wait_until(holds, seconds=300):
    "Wait for an event; the limit is for a machine that is busy"
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.1)


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def starter():
    "A process that runs a server in a terminal, with that server and the terminal's other end"
    parent, terminal = os.openpty()
    ours = subprocess.Popen(
        [sys.executable, '-c', RUN_A_SERVER],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    wait_until(lambda: psutil.Process(ours.pid).children())
    server = psutil.Process(ours.pid).children()[0]
    yield ours, server, parent
    for process in (server, psutil.Process(ours.pid) if ours.poll() is None else None):
        if process and process.is_running():
            process.kill()
    ours.wait()


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no terminals of this kind')
def test_a_closed_terminal_ends_the_server_though_it_takes_no_last_word(starter):
    ours, server, terminal = starter
    os.close(terminal)
    ours.send_signal(signal.SIGHUP)
    wait_until(lambda: is_gone(server))
    assert ours.wait(300) in (0, 120)  # 120: Python cannot empty its buffers into what is closed


def test_a_command_without_a_browser_says_so():
    assert '--no-browser' in voila_command(8866, '127.0.0.1', browser=False)
    assert '--no-browser' not in voila_command(8866, '127.0.0.1', browser=True)


def test_no_kernel_is_made_ready_where_none_is_wanted():
    command = voila_command(8866, '127.0.0.1', browser=False, ready=0)
    assert {'--preheat_kernel=False', '--pool_size=0'} <= set(command)


@pytest.mark.parametrize('idle, look_every', [(1, 1), (20, 10), (120, 60), (900, 60)])
def test_idle_kernels_are_looked_for_often_enough(idle, look_every):
    command = voila_command(8866, '127.0.0.1', browser=False, idle=idle)
    assert f'--MappingKernelManager.cull_interval={look_every}' in command
