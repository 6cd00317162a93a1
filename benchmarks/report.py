"""How long from nothing to a report on the 3,589 test faces?

Times `fer-nb evaluate models/mini_xception --data fer2013.csv --split test` in a process of its
own, once with a fresh fer2013.csv (no cached copy of the data) and once more, and writes
benchmarks/report.json. Needs data/fer2013.csv (or its path as argument).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def seconds(csv, out):
    "One run of the command"
    start = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            '-c',
            'from fer_nb.cli.main import main; main()',
            'evaluate',
            HERE.parent / 'models/mini_xception',
            '--data',
            csv,
            '--split',
            'test',
            '--report',
            out,
        ],
        check=True,
        capture_output=True,
    )
    return round(time.perf_counter() - start, 1)


if __name__ == '__main__':
    with tempfile.TemporaryDirectory(dir=HERE.parent / 'data') as d:
        csv = Path(d) / 'fer2013.csv'
        csv.symlink_to(
            Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / 'data/fer2013.csv').resolve()
        )
        result = {
            'command': 'python benchmarks/report.py',
            'cores': os.cpu_count(),
            'first_seconds': seconds(csv, Path(d) / 'r.html'),
            'again_seconds': seconds(csv, Path(d) / 'r.html'),
            'report_kb': (Path(d) / 'r.html').stat().st_size // 1000,
        }
    (HERE / 'report.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
