"""Find a Chromium for the browser tests, or install one if that can be done.

The tests say so where there is none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
INSTALL = 'apt-get install -y --no-install-recommends chromium'


def find_browser():
    "Path: `FER_NB_CHROMIUM`, one on the PATH or Playwright's own; None where there is none"
    for path in (os.environ.get('FER_NB_CHROMIUM'), *map(shutil.which, NAMES)):
        if path and Path(path).exists():
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def attempt(what, *command):
    "Run an installer; its failure is an answer, not an error"
    print(f'no browser found for the tests: trying {what}', flush=True)
    quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
    try:
        subprocess.run(command, timeout=300, **quiet)
    except (OSError, subprocess.TimeoutExpired):
        pass


def may_use_apt():
    is_root = hasattr(os, 'geteuid') and os.geteuid() == 0
    return is_root and shutil.which('apt-get')


if __name__ == '__main__':
    if not find_browser() and may_use_apt():
        words = f'apt-get update && DEBIAN_FRONTEND=noninteractive {INSTALL}'
        attempt('apt-get install chromium', 'sh', '-c', words)
    if not find_browser():
        attempt("Playwright's own", sys.executable, '-m', 'playwright', 'install', 'chromium')
    found = find_browser() or 'NONE, the test of the app will be skipped'
    print('browser for the tests:', found)
