"The house: packages import downward, notebooks smaller numbers only, and code is laid out by ruff"

import ast
import re
import shutil
import subprocess

import pytest
from conftest import TOP

# Package -> the packages that it may import. `app` may use what reads a run inside functions only.
MAY_IMPORT = {
    'core': set(),
    'data': {'core'},
    'training': {'core', 'data'},
    'inference': {'core'},
    'evaluation': {'core', 'data', 'training', 'inference'},
    'app': {'core', 'inference'},
    'desktop': {'core', 'inference', 'desktop_player'},
    'desktop_player': {'core', 'inference'},
    'serve': {'core', 'inference'},
    'cli': {'core', 'data', 'training', 'inference', 'evaluation', 'app', 'desktop', 'serve'},
}
INSIDE_FUNCTIONS = {'app': {'evaluation', 'training'}}
MODULES = sorted(p for p in (TOP / 'fer_nb').rglob('*.py') if p.stem not in ('__init__', '_modidx'))
NUMBERS = {
    (p.parent.name, p.stem[3:]): int(p.stem[:2]) for p in (TOP / 'nbs').glob('*/[0-9][0-9]_*.ipynb')
}


def imports_of(path):
    "(line, package, module or None, whether inside a function) of each import of our own"
    tree = ast.parse(path.read_text(encoding='utf-8'))
    inside = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inside |= {id(node) for node in ast.walk(function)}
    here = ['fer_nb', *path.relative_to(TOP / 'fer_nb').with_suffix('').parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else []
            names = [*base, *(node.module or '').split('.')]
            names = [name for name in names if name]
            found = [names] if len(names) > 2 else [[*names, a.name] for a in node.names]
        elif isinstance(node, ast.Import):
            found = [a.name.split('.') for a in node.names]
        else:
            continue
        for names in found:
            if names[0] == 'fer_nb' and len(names) > 1 and names[1] in MAY_IMPORT:
                module = names[2] if len(names) > 2 else None
                yield node.lineno, names[1], module, id(node) in inside


@pytest.mark.parametrize('path', MODULES, ids=lambda p: str(p.relative_to(TOP / 'fer_nb')))
def test_a_module_imports_only_what_lies_below(path):
    package, name = path.relative_to(TOP / 'fer_nb').with_suffix('').parts[0], path.stem
    for line, used, module, in_function in imports_of(path):
        where = f'{path.relative_to(TOP)}:{line} imports {used}.{module}'
        if used == package:
            if (package, name) in NUMBERS and (used, module) in NUMBERS:
                assert NUMBERS[used, module] < NUMBERS[package, name], where
            continue
        allowed = MAY_IMPORT[package] | (
            INSIDE_FUNCTIONS.get(package, set()) if in_function else set()
        )
        assert used in allowed, where


def test_numbers_begin_at_one_and_have_no_gap():
    for package in {package for package, _ in NUMBERS}:
        numbers = sorted(n for (p, _), n in NUMBERS.items() if p == package)
        assert numbers == list(range(1, len(numbers) + 1)), f'nbs/{package}: {numbers}'


def test_a_notebook_exports_to_the_module_of_its_name():
    for path in (TOP / 'nbs').glob('*/[0-9][0-9]_*.ipynb'):
        wanted = f'#| default_exp {path.parent.name}.{path.stem[3:]}'
        assert wanted in path.read_text(encoding='utf-8'), f'{path} lacks {wanted}'


@pytest.mark.parametrize('command', [['format', '--check'], ['check']], ids=' '.join)
def test_code_is_laid_out_by_ruff(command):
    done = subprocess.run(['ruff', *command], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, f'run make lint\n{done.stdout[-3000:]}'


def test_javascript_and_css_are_laid_out_by_prettier():
    "Where Node and prettier are there: neither is needed to use or to build the project"
    prettier = shutil.which('prettier')
    if not prettier:
        pytest.skip('prettier is not installed: npm install -g prettier@3')
    done = subprocess.run(
        [prettier, '--check', 'fer_nb/**/*.{js,css}'], cwd=TOP, capture_output=True, text=True
    )
    assert done.returncode == 0, f'run make lint\n{done.stderr[-3000:]}'


def test_the_front_door_loads_nothing_heavy():
    code = (
        'import sys, fer_nb; dir(fer_nb); '
        'print([m for m in ("numpy", "cv2", "onnxruntime", "pandas") if m in sys.modules])'
    )
    done = subprocess.run(['python', '-c', code], cwd=TOP, capture_output=True, text=True)
    assert done.stdout.strip() == '[]', done.stderr


def test_every_name_of_the_front_door_opens():
    import fer_nb

    for name in fer_nb.__all__:
        assert callable(getattr(fer_nb, name)), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = fer_nb.nothing


def test_the_version_stands_in_settings_and_in_the_package():
    import fer_nb

    version = re.search(r'^version = (.*)$', (TOP / 'settings.ini').read_text(), re.M).group(1)
    assert fer_nb.__version__ == version
