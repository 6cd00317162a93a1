"Find a Chromium for the browser tests, or install one if that can be done; the tests say so where there is none"

import os, shutil, subprocess, sys
from pathlib import Path


def find_browser():
    "Path of a Chromium: `FER_NB_CHROMIUM`, one on the PATH, or Playwright's own; None where there is none"
    named = [
        os.environ.get('FER_NB_CHROMIUM'),
        *(
            shutil.which(n)
            for n in ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
        ),
    ]
    found = next((p for p in named if p and Path(p).exists()), None)
    if found:
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        own = p.chromium.executable_path
    return own if Path(own).exists() else None


def attempt(what, *command, seconds=300):
    "Run an installer; its failure is an answer, not an error"
    print(f'no browser found for the tests: trying {what}', flush=True)
    try:
        subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired):
        pass


if __name__ == '__main__':
    if (
        not find_browser()
        and hasattr(os, 'geteuid')
        and os.geteuid() == 0
        and shutil.which('apt-get')
    ):
        attempt(
            'apt-get install chromium',
            'sh',
            '-c',
            'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium',
        )
    if not find_browser():
        attempt("Playwright's own", sys.executable, '-m', 'playwright', 'install', 'chromium')
    print('browser for the tests:', find_browser() or 'NONE, the test of the app will be skipped')
