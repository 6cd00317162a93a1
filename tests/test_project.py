"The notebooks are the source: what is made from them does not drift, and the project fits together"

import configparser
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import TOP, tracked_files
from packaging.requirements import Requirement

import fer_nb

NOTEBOOKS = sorted((TOP / 'nbs').glob('**/*.ipynb'))
MODULES = sorted((TOP / 'fer_nb').rglob('*.py'))


def settings():
    config = configparser.ConfigParser(delimiters=['='])
    config.read(TOP / 'settings.ini')
    return config['DEFAULT']


def printed(code):
    "What a fresh Python prints"
    words = [sys.executable, '-c', code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.strip()


# --- what is made from the notebooks ------------------------------------------------------------


@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    "The working tree in a repository of its own, so that a check changes nothing here"
    tree = tmp_path_factory.mktemp('tree')
    for name in tracked_files():
        source = TOP / name
        gone = not source.exists() and not source.is_symlink()
        if gone or name.startswith(('models/', 'data/')):
            continue
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, tree / name, follow_symlinks=False)
    for words in (['init', '-q'], ['add', '-A'], ['commit', '-qm', 'tree']):
        me = ['-c', 'user.name=t', '-c', 'user.email=t@t']
        subprocess.run(['git', *me, *words], cwd=tree, check=True, capture_output=True)
    return tree


@pytest.mark.parametrize('command', ['nbdev_export', 'nbdev_clean'])
def test_no_drift(copy, command):
    subprocess.run([command], cwd=copy, check=True, capture_output=True)
    status = ['git', 'status', '--porcelain']
    changed = subprocess.run(status, cwd=copy, capture_output=True, text=True).stdout
    assert changed == '', f'{command} changes these files: run it and commit\n{changed}'


def test_readme_is_made_from_index():
    words = [sys.executable, TOP / 'tools/make_readme.py', '--check']
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- notebooks ----------------------------------------------------------------------------------


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: str(p.relative_to(TOP / 'nbs')))
def test_a_notebook_is_small_and_clean(path):
    assert path.stat().st_size < 200_000, f'{path.stat().st_size // 1000} kB'
    notebook = json.loads(path.read_text(encoding='utf-8'))
    assert 'widgets' not in notebook['metadata'], 'it keeps widget state, which can hold pictures'
    for cell in notebook['cells']:
        kinds = [out.get('output_type') for out in cell.get('outputs', [])]
        assert 'error' not in kinds, 'it keeps an error'


def export_cells(path):
    for cell in json.loads(path.read_text(encoding='utf-8'))['cells']:
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'code' and '#| export' in source:
            yield source


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: str(p.relative_to(TOP / 'nbs')))
def test_an_export_cell_holds_one_idea(path):
    "At most 40 lines; 60 for a class, which cannot be cut in two, and for imports"
    for source in export_cells(path):
        definitions = re.findall(r'^(def|class) ', source, re.M)
        most = 60 if definitions in ([], ['class']) else 40
        lines = [line for line in source.splitlines() if line.strip()]
        assert len(lines) <= most, f'a long export cell\n{source[:200]}'


def test_quarto_names_every_notebook_and_only_pages_that_exist():
    link = TOP / 'nbs/_quarto.yml'
    assert link.is_symlink()
    assert link.resolve() == (TOP / '_quarto.yml').resolve()
    site = yaml.safe_load((TOP / '_quarto.yml').read_text())['website']
    pages = re.findall(r'[\w/]+\.ipynb', json.dumps(site))
    assert pages
    for page in pages:
        assert (TOP / 'nbs' / page).exists(), page
    for path in NOTEBOOKS:
        page = str(path.relative_to(TOP / 'nbs'))
        assert page in pages, f'{page} is on no page of the site'


# --- imports ------------------------------------------------------------------------------------


def test_serving_never_imports_tensorflow():
    served = 'fer_nb.inference.recognize, fer_nb.app.page, fer_nb.cli.main, fer_nb.serve'
    heavy = '("tensorflow", "keras", "sklearn")'
    code = f'import sys, {served}; print([m for m in {heavy} if m in sys.modules])'
    assert printed(code) == '[]'


# Module -> what it may load from other packages. These are loaded first, with all that they load.
LOADS = {
    'fer_nb': [],
    'fer_nb.cli.main': ['typer'],
    'fer_nb.inference.recognize': ['numpy', 'cv2', 'PIL.Image', 'onnxruntime'],
}


@pytest.mark.parametrize('module', LOADS)
def test_an_import_loads_no_more_than_it_needs(module):
    code = f"""
import importlib, sys
for name in {LOADS[module]}: importlib.import_module(name)
before = set(sys.modules)
import {module}
loaded = {{name.partition('.')[0] for name in set(sys.modules) - before}}
print(sorted(loaded - set(sys.stdlib_module_names)))
"""
    assert printed(code) == "['fer_nb']"


def test_modules_take_keras_from_backend():
    "It sets TensorFlow up before it is imported"
    for path in MODULES:
        if path.stem == 'backend':
            continue
        own = re.search(r'^(import|from) (keras|tensorflow)', path.read_text(), re.M)
        assert not own, f'{path.relative_to(TOP)} imports Keras itself'


# --- Python and JavaScript agree ----------------------------------------------------------------


def test_the_page_knows_the_columns_of_tables():
    from fer_nb.core.labels import TABLE_COLUMNS

    script = (TOP / 'fer_nb/app/static/faces.js').read_text(encoding='utf-8')
    listed = re.search(r'const COLUMN_NAMES = (\[.*?\]);', script, re.S).group(1)
    assert tuple(re.findall(r'[\'"]([^\'"]+)[\'"]', listed)) == tuple(TABLE_COLUMNS)


# Errors of the page itself, which no Python code raises
OF_THE_PAGE = {'reply', 'list', 'no-answer', 'again', 'no-canvas'}


def test_errors_with_a_code_have_words():
    "The notebook of the widgets compares the languages with English"
    sources = [path.read_text(encoding='utf-8') for path in MODULES]
    codes = {code for text in sources for code in re.findall(r"\.with_code\(\s*'([\w-]+)'", text)}
    english = json.loads((TOP / 'fer_nb/app/static/i18n/en.json').read_text(encoding='utf-8'))
    words = {key.removeprefix('error.') for key in english if key.startswith('error.')}
    assert len(codes) > 8
    assert codes - words == set()
    assert words - codes == OF_THE_PAGE


# --- metadata -----------------------------------------------------------------------------------


def test_settings_are_the_one_source_of_the_version():
    version = settings()['version']
    citation = yaml.safe_load((TOP / 'CITATION.cff').read_text())
    assert fer_nb.__version__ == version
    assert str(citation['version']) == version
    assert f'## {version}' in (TOP / 'CHANGELOG.md').read_text()


def canonical_name(name):
    return name.lower().replace('_', '-')


def pinned_versions():
    "Package -> the versions that requirements.lock names for it"
    pins = {}
    for line in (TOP / 'requirements.lock').read_text().splitlines():
        if not line or line.startswith('#'):
            continue
        requirement = Requirement(line)
        version = str(requirement.specifier).removeprefix('==')
        pins.setdefault(canonical_name(requirement.name), []).append(version)
    return pins


def test_lock_file_fits_the_settings():
    "Every requirement is pinned, to a version that settings.ini allows"
    pins = pinned_versions()
    lists = [text for key, text in settings().items() if key.endswith('requirements')]
    wanted = [Requirement(line) for text in lists for line in text.splitlines() if line.strip()]
    assert len(wanted) > 40
    for requirement in wanted:
        versions = pins.get(canonical_name(requirement.name), [])
        fits = any(requirement.specifier.contains(version) for version in versions)
        assert fits, f'{requirement}: run make lock'


def test_workflows_name_only_targets_that_exist():
    targets = re.findall(r'^([a-z-]+):', (TOP / 'Makefile').read_text(), re.M)
    for path in (TOP / '.github/workflows').glob('*.yml'):
        jobs = yaml.safe_load(path.read_text())['jobs'].values()
        commands = '\n'.join(step.get('run', '') for job in jobs for step in job['steps'])
        for target in re.findall(r'^make ([a-z-]+)', commands, re.M):
            assert target in targets, f'{path.name}: make {target}'
