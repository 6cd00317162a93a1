"One HTML file, and what it says where a section fails"

import pytest
from fer_nb.core.errors import FerError
from fer_nb.evaluation.page import check_page, html_table, write_page


def fail_with(error):
    def make():
        raise error

    return make


@pytest.fixture
def write(tmp_path):
    def write_parts(parts):
        return write_page('title', 'intro', parts, tmp_path / 'page.html').read_text()

    return write_parts


def test_a_section_that_fails_says_why_and_the_others_are_there(write):
    parts = {'Broken': fail_with(FerError('the model gave <NaN>')), 'Whole': lambda: 'all is well'}
    page = write(parts)
    assert 'This part could not be made: the model gave &lt;NaN&gt;.' in page
    assert 'all is well' in page


def test_a_section_that_fails_unexpectedly_names_the_error(write):
    assert 'This part could not be made: ZeroDivisionError.' in write(
        {'Broken': fail_with(ZeroDivisionError('division by zero'))}
    )


def test_an_error_is_raised_where_debugging_asks_for_it(write, monkeypatch):
    monkeypatch.setenv('FER_NB_DEBUG', '1')
    with pytest.raises(ZeroDivisionError):
        write({'Broken': fail_with(ZeroDivisionError())})


def test_a_place_where_no_page_may_lie_is_refused(tmp_path):
    with pytest.raises(FerError, match='choose another place'):
        check_page(tmp_path / 'none/page.html')
    with pytest.raises(FerError, match='is a folder'):
        check_page(tmp_path)


def test_text_stands_to_the_left():
    table = html_table([{'class': 'happy', 'recall': 0.9}], {'class': 'Class', 'recall': 'Recall'})
    assert '<th scope="col" class="text">Class</th><th scope="col">Recall</th>' in table
    assert '<td class="text">happy</td><td>90.0%</td>' in table
