"""Make README.md from nbs/index.ipynb, anywhere: nbdev's own command needs Quarto.

python tools/make_readme.py           # write README.md
python tools/make_readme.py --check   # say whether it is up to date
"""

import re
import sys
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter

TOP = Path(__file__).resolve().parent.parent


def shown_cells(nb):
    "The cells a reader sees: nbdev's directives are obeyed and taken out"
    for cell in nb.cells:
        directives = (
            re.findall(r'^#\|\s*(.+)$', cell.source, re.M) if cell.cell_type == 'code' else []
        )
        if 'hide' in directives:
            continue
        cell.source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M)
        if 'output: false' in directives:
            cell.outputs = []
        yield only_output(cell) if 'echo: false' in directives else cell


def only_output(cell):
    "A Markdown cell with what a code cell shows"
    return nbformat.v4.new_markdown_cell(
        '\n\n'.join(out.data['text/markdown'] for out in cell.outputs)
    )


def readme():
    "Text of README.md"
    nb = nbformat.read(TOP / 'nbs/index.ipynb', as_version=4)
    nb.cells = list(shown_cells(nb))
    text, _ = MarkdownExporter().from_notebook_node(nb)
    text = re.sub(
        r'\]\(cards/([\w-]+)\.md',
        r'](models/\1/README.md',
        text.replace('](images/', '](nbs/images/'),
    )
    text = re.sub(r'\]\(([\w/]+)\.ipynb', r'](nbs/\1.ipynb', text)
    return (
        '<!-- Made from nbs/index.ipynb by `make readme`; change it there -->\n\n'
        + re.sub(r'\n{3,}', '\n\n', text).strip()
        + '\n'
    )


if __name__ == '__main__':
    path, text = TOP / 'README.md', readme()
    if '--check' in sys.argv:
        sys.exit(
            0
            if path.exists() and path.read_text(encoding='utf-8') == text
            else 'README.md differs from nbs/index.ipynb: run make readme'
        )
    path.write_text(text, encoding='utf-8')
