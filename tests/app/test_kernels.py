"Voila's pool of ready kernels, when the server is full and when a page is broken"

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import patch

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets.config import Configurable
from voila.voila_kernel_manager import voila_kernel_manager_factory

from fer_nb.app.kernels import Kernels


def run(job):
    "Run a coroutine in a thread of its own, which has no event loop yet"
    return ThreadPoolExecutor(1).submit(asyncio.run, job).result()


class Server(Configurable):
    root_dir, notebook_path, base_url, server_url, port = '/', '/app.ipynb', '/', '/', 1


class OnVoila(voila_kernel_manager_factory(Kernels, True, 1)):
    "Voila's own manager on ours, with one kernel made ready"

    async def _initialize(self, notebook_name, kernel_id, **kwargs):
        return {'kernel_id': await self.start_kernel()}


async def full_server():
    async def start(self, **kwargs):
        new = f'kernel {len(started)}'
        started.append(new)
        self._kernels[new] = SimpleNamespace()
        return new

    async def stop(self, kernel_id):
        self._kernels.pop(kernel_id)

    async def visit():
        taken = (await server._pools['app.ipynb'].pop(0))['kernel_id']
        server.fill_if_needed(notebook_name='app.ipynb')
        await asyncio.sleep(0.02)
        return taken, len(server._pools['app.ipynb'])

    started = []
    with patch.multiple(AsyncMappingKernelManager, start_kernel=start, shutdown_kernel=stop):
        server = OnVoila(parent=Server(), most=2, fill_delay=0.0)
        await asyncio.sleep(0.02)
        visits = [await visit(), await visit()]
        await server.shutdown_kernel('kernel 0')
        await asyncio.sleep(0.02)
        return visits, await visit(), list(server._kernels)


def test_a_refused_refill_leaves_the_pool_and_a_free_place_fills_it_again():
    visits, next_visit, left = run(full_server())
    assert visits == [('kernel 0', 1), ('kernel 1', 0)]
    assert next_visit == ('kernel 2', 0)
    assert left == ['kernel 1', 'kernel 2']


class Broken(OnVoila):
    "A notebook that cannot be rendered"

    async def _initialize(self, *args, **kwargs):
        await super()._initialize(*args, **kwargs)
        raise RuntimeError


async def broken_page():
    async def start(self, **kwargs):
        self._kernels['x'] = SimpleNamespace()
        return 'x'

    async def stop(self, kernel_id):
        self._kernels.pop(kernel_id)

    with patch.multiple(AsyncMappingKernelManager, start_kernel=start, shutdown_kernel=stop):
        server = Broken(parent=Server(), fill_delay=0.0)
        await asyncio.sleep(0.02)
        left = len(server._pools['app.ipynb'])
        await server.shutdown_kernel('x')
        return left, len(server)


def test_the_kernel_of_a_page_that_cannot_be_rendered_can_be_stopped():
    assert run(broken_page()) == (0, 0)
