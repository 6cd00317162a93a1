"Process every notebook as nbdev does for the docs site, without Quarto: python make_pages.py OUT, in the top folder. (nbdev's own command would install Quarto first.)"

import sys, traceback, warnings
from pathlib import Path
from nbdev.processors import FilterDefaults
from nbdev.serve_drv import main

if __name__ == '__main__':
    out, failed = Path(sys.argv[1]), False
    for page in sorted(Path('nbs').glob('**/*.ipynb')):
        if '.ipynb_checkpoints' in page.parts:
            continue
        made = out / page.relative_to('nbs')
        made.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            try:
                main((page, made, FilterDefaults))
            except Exception as e:
                failed = True
                print(page, e, *traceback.format_exception(e.__cause__)[-3:], sep='\n')
        for w in caught:
            if 'imports and other code' in str(w.message):
                failed = True
                print(page, w.message, sep='\n')
    sys.exit(failed)
