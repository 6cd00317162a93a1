"""Pack the models that are too large for the wheel into dist/, and write their hashes into
fer_nb/core/fetchable.json. A release carries what is in dist/.
"""

import json
from pathlib import Path
from fer_nb import __version__
from fer_nb.core.fetch import pack_model

TOP = Path(__file__).resolve().parent.parent
KNOWN = TOP / 'fer_nb/core/fetchable.json'
TOO_LARGE = ('fernet-base', 'deep_cnn')  # for the wheel


def packed_once(name):
    "An archive that did not change stays on the page of the release that it came with"
    new, old = (
        pack_model(TOP / 'models' / name, TOP / 'dist' / f'{name}.zip'),
        json.loads(KNOWN.read_text()).get(name, {}),
    )
    return {
        'release': old['release']
        if {**new, 'release': old.get('release')} == old
        else f'v{__version__}',
        **new,
    }


def main():
    (TOP / 'dist').mkdir(exist_ok=True)
    packed = {name: packed_once(name) for name in TOO_LARGE}
    KNOWN.write_text(json.dumps(packed, indent=1) + '\n')
    for name, entry in packed.items():
        print(f"dist/{name}.zip: {entry['bytes'] / 1e6:.1f} MB, {entry['sha256']}")


if __name__ == '__main__':
    main()
