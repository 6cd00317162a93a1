"""The docs site as far as it can be made without Quarto.

Every notebook is processed as for the site. No link, anchor or picture leads nowhere.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
import pytest
import yaml
from conftest import TOP

SITE = 'https://fer-nb.github.io/fer_nb/'  # what nbdev links names of the package to
BLOB = 'https://github.com/fer-nb/fer_nb/blob/main/'  # files of the repository that are no page
TEXTS = (
    [TOP / f for f in ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'data/README.md')]
    + sorted(TOP.glob('models/*/*.md'))
    + sorted(TOP.glob('deploy/*.md'))
)


@pytest.fixture(scope='session')
def pages(tmp_path_factory):
    "{path in nbs: the cells of the processed page}"
    out = tmp_path_factory.mktemp('pages')
    done = subprocess.run(
        [sys.executable, TOP / 'tests/make_pages.py', out], cwd=TOP, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return {
        str(p.relative_to(out)): json.loads(p.read_text())['cells']
        for p in sorted(out.glob('**/*.ipynb'))
    }


def outputs(cell, kind):
    return [''.join(o['data'][kind]) for o in cell.get('outputs', []) if kind in o.get('data', {})]


def prose(cells):
    "What a reader sees as text: Markdown cells and outputs, without code"
    text = '\n\n'.join(
        t
        for c in cells
        for t in (
            [''.join(c['source'])] if c['cell_type'] == 'markdown' else outputs(c, 'text/markdown')
        )
    )
    return re.sub(r'```.*?```', '', text, flags=re.S)


def links(text):
    return re.findall(r'(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)(?:\s"[^"]*")?\)', text)


def anchors(text):
    "The names that Quarto gives to headings"
    found = set(re.findall(r'\{#([\w-]+)', text)) | set(re.findall(r'id="([\w-]+)"', text))
    for h in re.findall(r'^#+ (.+?)(?:\s*\{[^}]*\})?$', text, re.M):
        plain = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', h)
        found |= {
            re.sub(
                r'^[^a-z]+', '', re.sub(r'[^\w\- .]', '', plain).strip().lower().replace(' ', '-')
            ),
            plain.strip(),
        }
    return found


def front_matter(cells):
    return yaml.safe_load(re.match(r'---\n(.*?)\n---', ''.join(cells[0]['source']), re.S).group(1))


def dead(target, here, folder, texts, built):
    "Why a link leads nowhere; None where it is alive"
    if target.startswith(SITE):
        page, _, anchor = target[len(SITE) :].partition('#')
        if page and page not in built:
            return 'no such page of the site'
        return None if not anchor or anchor in anchors(built[page]) else 'no such name on that page'
    if target.startswith(BLOB):
        return (
            None
            if (TOP / target[len(BLOB) :].partition('#')[0]).exists()
            else 'no such file in the repository'
        )
    if re.match(r'(https?|mailto):', target):
        return None
    path, _, anchor = target.partition('#')
    file = (folder / path).resolve() if path else here
    if not file.exists():
        return 'no such file'
    return None if not anchor or anchor in anchors(texts[file]) else 'no such heading'


def test_no_link_leads_nowhere(pages):
    texts = {(TOP / 'nbs' / name).resolve(): prose(cells) for name, cells in pages.items()} | {
        p: re.sub(r'```.*?```', '', p.read_text(), flags=re.S) for p in TEXTS
    }
    built = {
        str(Path(name).parent / front_matter(cells)['output-file']): prose(cells)
        for name, cells in pages.items()
    }
    found = [
        (file, folder, t)
        for file, text in texts.items()
        for folder in [file.parent]
        for _, _, t in links(text)
    ]
    assert len(found) > 200
    wrong = [
        f'{file.relative_to(TOP)}: {t}: {why}'
        for file, folder, t in found
        for why in [dead(t, file, folder, texts, built)]
        if why
    ]
    assert not wrong, '\n'.join(sorted(set(wrong)))


def test_pages_link_only_to_pages(pages):
    "On the site there is nothing but nbs/, so a link out of it is dead there"
    for name, cells in pages.items():
        for _, _, target in links(prose(cells)):
            if re.match(r'\w+:', target):
                continue
            inside = (TOP / 'nbs' / Path(name).parent / target.partition('#')[0]).absolute()
            assert Path(re.sub(r'/[^/]+/\.\.(?=/)', '', str(inside))).is_relative_to(TOP / 'nbs'), (
                f'{name}: {target} lies outside the site'
            )


def test_no_link_inside_a_link(pages):
    for name, cells in pages.items():
        assert not re.findall(r'\[\[[^\]]*\]\([^)]*\)[^\]]*\]\(', prose(cells)), name


def test_no_link_inside_code(pages):
    "nbdev links names in backticks also in signatures, so comments of parameters have none"
    for name, cells in pages.items():
        for fence in [
            f
            for c in cells
            for t in outputs(c, 'text/markdown')
            for f in re.findall(r'```.*?```', t, re.S)
        ]:
            assert '](http' not in fence, f'{name}\n{fence}'


def test_every_picture_says_what_it_shows(pages):
    for name, cells in pages.items():
        for alt in [a for bang, a, _ in links(prose(cells)) if bang]:
            assert len(alt) > 10, f'{name}: a picture without alternative text'
        for c in cells:
            if c['cell_type'] == 'code' and any(
                outputs(c, kind) for kind in ('image/png', 'image/jpeg', 'image/svg+xml')
            ):
                assert re.search(r'^#\| *fig-alt: .{10}', ''.join(c['source']), re.M), (
                    f"{name}: a picture without #| fig-alt\n{''.join(c['source'])[:200]}"
                )
            for html in outputs(c, 'text/html'):
                assert not re.search(r'<img(?![^>]*\balt=)', html), name


def test_front_matter_parses(pages):
    names = set()
    for name, cells in pages.items():
        front = front_matter(cells)
        assert front['title'] and (
            front.get('description') or name in ('index.ipynb', 'app.ipynb')
        ), f'{name}: a page begins with a title and a quoted line'
        names.add((str(Path(name).parent), front['output-file']))
    assert len(names) == len(pages), 'two pages are written to one file'
