"""Process every notebook as nbdev does for the docs site, without Quarto.

python tests/make_pages.py OUT, in the top folder. nbdev's own command would install Quarto first.
"""

import sys
import traceback
import warnings
from pathlib import Path

from nbdev.processors import FilterDefaults
from nbdev.serve_drv import main


def problems_of(page, made):
    "Process one notebook; what went wrong, in lines"
    problems = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            main((page, made, FilterDefaults))
        except Exception as error:
            cause = traceback.format_exception(error.__cause__)[-3:]
            problems += [str(error), *cause]
    messages = [str(warning.message) for warning in caught]
    return problems + [m for m in messages if 'imports and other code' in m]


if __name__ == '__main__':
    out, failed = Path(sys.argv[1]), False
    for page in sorted(Path('nbs').glob('**/*.ipynb')):
        if '.ipynb_checkpoints' in page.parts:
            continue
        made = out / page.relative_to('nbs')
        made.parent.mkdir(parents=True, exist_ok=True)
        problems = problems_of(page, made)
        if problems:
            failed = True
            print(page, *problems, sep='\n')
    sys.exit(failed)
