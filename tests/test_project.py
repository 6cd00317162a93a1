"The notebooks are the source: nothing that is made from them may drift, and no module may reach up"

import configparser, json, re, shutil, subprocess, sys
import pytest
from conftest import TOP

NOTEBOOKS = sorted((TOP / 'nbs').glob('**/*.ipynb'))


@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    "The working tree as git would commit it, in a repository of its own, so that a check changes nothing here"
    dst = tmp_path_factory.mktemp('tree')
    files = subprocess.run(
        ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split('\0')
    for f in filter(None, files):
        src = TOP / f
        if not (src.exists() or src.is_symlink()) or f.startswith(('models/', 'data/')):
            continue
        (dst / f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(src, dst / f, follow_symlinks=False)
    git = lambda *a: subprocess.run(
        ['git', '-c', 'user.name=t', '-c', 'user.email=t@t', *a],
        cwd=dst,
        check=True,
        capture_output=True,
    )
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'tree')
    return dst


@pytest.mark.parametrize('command', ['nbdev_export', 'nbdev_clean'])
def test_no_drift(copy, command):
    subprocess.run([command], cwd=copy, check=True, capture_output=True)
    diff = subprocess.run(
        ['git', 'status', '--porcelain'], cwd=copy, capture_output=True, text=True
    ).stdout
    assert diff == '', f'{command} changes these files: run it and commit\n{diff}'


def test_readme_is_made_from_index():
    done = subprocess.run(
        [sys.executable, TOP / 'tools/make_readme.py', '--check'], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def number(path):
    return int(path.name[:2])


def test_a_module_imports_only_smaller_numbers():
    numbered = {p.stem[3:]: p for p in NOTEBOOKS if re.match(r'\d\d_', p.name)}
    assert len(numbered) > 10
    for name, path in numbered.items():
        source = (TOP / 'fer_nb' / f'{name}.py').read_text()
        for used in re.findall(
            r'from (?:fer_nb)?\.(\w+) import', source
        ):  # also those inside functions
            assert number(numbered[used]) < number(path), f'{path.name} imports {used}'


def test_the_page_knows_the_columns_of_tables():
    from fer_nb.core.labels import _COLUMNS

    listed = re.search(
        r'const COLUMN_NAMES = (\[.*?\]);', (TOP / 'fer_nb/app/static/faces.js').read_text()
    ).group(1)
    assert json.loads(listed) == list(_COLUMNS)


def test_errors_with_a_code_have_words():
    "Those that a visitor can meet, in every language: the notebook of the widgets compares the languages"
    codes = {
        c
        for f in (TOP / 'fer_nb').glob('*.py')
        for c in re.findall(r"\.told\('([\w-]+)'", f.read_text(encoding='utf-8'))
    }
    words = {
        k.removeprefix('error.')
        for k in json.loads((TOP / 'fer_nb/app/static/i18n/en.json').read_text(encoding='utf-8'))
        if k.startswith('error.')
    }
    assert (
        len(codes) > 8
        and words - codes == {'reply', 'list', 'no-answer', 'again', 'no-canvas'}
        and not codes - words
    )


def test_serving_never_imports_tensorflow():
    code = 'import sys, fer_nb.inference.recognize, fer_nb.app.page, fer_nb.cli.main, fer_nb.serve; print([m for m in ("tensorflow","keras","sklearn") if m in sys.modules])'
    assert (
        subprocess.run(
            [sys.executable, '-c', code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == '[]'
    )


# What each may load from other packages, and what these load themselves: it begins at once
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
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['fer_nb']"


def test_modules_take_keras_from_backend():  # which sets TensorFlow up before it is imported
    for p in (TOP / 'fer_nb').glob('*.py'):
        if p.stem != 'backend':
            assert not re.search(r'^(?:import|from) (?:keras|tensorflow)', p.read_text(), re.M), (
                f'{p.name} imports Keras itself'
            )


def test_notebooks_stay_small_and_clean():
    for p in NOTEBOOKS:
        assert p.stat().st_size < 200_000, f'{p.name} is {p.stat().st_size // 1000} kB'
        notebook = json.loads(p.read_text())
        assert 'widgets' not in notebook['metadata'], (
            f'{p.name} keeps widget state, which can hold pictures'
        )
        for cell in notebook['cells']:
            source = ''.join(cell['source'])
            if cell['cell_type'] == 'code' and '#| export' in source:
                one_class = len(re.findall(r'^(?:def|class) ', source, re.M)) == 1 and re.search(
                    r'^class ', source, re.M
                )  # which cannot be cut in two
                assert len([l for l in source.splitlines() if l.strip()]) <= (
                    60 if one_class else 40
                ), f'{p.name}: a long export cell\n{source[:200]}'
            for out in cell.get('outputs', []):
                assert out.get('output_type') != 'error', f'{p.name} keeps an error'


def test_quarto_names_only_pages_that_exist():
    import yaml

    quarto = yaml.safe_load((TOP / '_quarto.yml').read_text())
    assert (TOP / 'nbs/_quarto.yml').is_symlink() and (TOP / 'nbs/_quarto.yml').resolve() == (
        TOP / '_quarto.yml'
    ).resolve()
    pages = re.findall(r'[\w/]+\.ipynb', json.dumps(quarto['website']))
    assert pages
    for page in pages:
        assert (TOP / 'nbs' / page).exists(), page
    for p in NOTEBOOKS:
        assert str(p.relative_to(TOP / 'nbs')) in pages, f'{p.name} is on no page of the site'


def test_settings_are_the_one_source_of_the_version():
    cfg = configparser.ConfigParser(delimiters=['='])
    cfg.read(TOP / 'settings.ini')
    import fer_nb

    assert fer_nb.__version__ == cfg['DEFAULT']['version']
    import yaml

    assert str(yaml.safe_load((TOP / 'CITATION.cff').read_text())['version']) == fer_nb.__version__
    assert f'## {fer_nb.__version__}' in (TOP / 'CHANGELOG.md').read_text()


def test_lock_file_fits_the_settings():
    "Every requirement is pinned, to a version that settings.ini allows"
    from packaging.requirements import Requirement

    name = lambda n: n.lower().replace('_', '-')
    pins = {}
    for line in (TOP / 'requirements.lock').read_text().splitlines():
        if line and not line.startswith('#'):
            r = Requirement(line)
            pins.setdefault(name(r.name), []).append(str(r.specifier).removeprefix('=='))
    cfg = configparser.ConfigParser(delimiters=['='])
    cfg.read(TOP / 'settings.ini')
    wanted = [
        Requirement(l)
        for key, text in cfg['DEFAULT'].items()
        if key.endswith('requirements')
        for l in text.splitlines()
        if l.strip()
    ]
    assert len(wanted) > 40
    for r in wanted:
        assert any(r.specifier.contains(v) for v in pins.get(name(r.name), [])), (
            f'{r}: run make lock'
        )


def test_workflows_name_only_targets_that_exist():
    "Each workflow is YAML, and its make targets are in the Makefile"
    import yaml

    targets = re.findall(r'^([a-z]+):', (TOP / 'Makefile').read_text(), re.M)
    for path in (TOP / '.github/workflows').glob('*.yml'):
        jobs = yaml.safe_load(path.read_text())['jobs']
        commands = '\n'.join(s.get('run', '') for j in jobs.values() for s in j['steps'])
        for target in re.findall(r'^make ([a-z]+)', commands, re.M):
            assert target in targets, f'{path.name}: make {target}'
