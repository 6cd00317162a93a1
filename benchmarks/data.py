"""How long FER2013 takes to read, and with how much memory: benchmarks/data.json. Needs
data/fer2013.csv (or its path as argument).
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
READ = """
import resource, sys, time
from fer_nb.data.fer2013 import load_fer2013

start = time.perf_counter()
load_fer2013(sys.argv[1])
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def read(path):
    "Seconds and peak megabytes of one reading, in a process of its own"
    seconds, kilobytes = map(
        float,
        subprocess.run(
            [sys.executable, '-c', READ, path], check=True, capture_output=True, text=True
        ).stdout.split(),
    )
    return {
        'seconds': round(seconds, 3),
        'peak_mb': round(kilobytes / (1e6 if sys.platform == 'darwin' else 1e3)),
    }


if __name__ == '__main__':
    path = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / 'data/fer2013.csv')
    shutil.rmtree(path.with_name(path.name + '.cache'), ignore_errors=True)
    result = {'command': 'python benchmarks/data.py', 'first': read(path), 'from_cache': read(path)}
    (HERE / 'data.json').write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result, indent=1))
