"Figures as people read them, and templates"

import pytest
from fer_nb.evaluation.render import render_html, show_figure, show_interval, unwrap


@pytest.mark.parametrize(
    ('key', 'value', 'shown'),
    [
        ('accuracy', 0.1234, '12.3%'),
        ('kappa', 0.5, '0.500'),
        ('n', 12345, '12,345'),
        ('auc', None, '–'),
        ('auc', float('nan'), '–'),
        ('gain', -0.012, '-1.2 points'),
        ('model', 'mine', 'mine'),
    ],
)
def test_a_figure_is_shown_as_people_read_it(key, value, shown):
    assert show_figure(key, value) == shown


def test_an_interval_without_ends_is_not_shown():
    assert show_interval({'intervals': {'kappa': [None, None]}}, 'kappa') == ''
    assert show_interval({}, 'kappa') == ''


def test_html_is_escaped_in_templates():
    columns = [{'title': '<b>', 'is_text': True}]
    rows = [[{'text': '<i>', 'is_text': True}]]
    table = render_html('table', columns=columns, rows=rows)
    assert '&lt;b&gt;' in table and '&lt;i&gt;' in table


def test_tables_and_headings_are_not_joined():
    page = '# title\n\n| a |\n| --- |\n| b |\n\n- one\n- two\n'
    assert unwrap(page) == page
