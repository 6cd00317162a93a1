"The page that shows what a model looks at"

from fer_nb.evaluation.explanation import write_explanation
from fer_nb.inference.runtime import OnnxModel


def test_every_section_is_made(model, noise, tmp_path):
    page = write_explanation(model, noise, tmp_path / 'page.html').read_text()
    assert page.count('<section') == 5
    assert 'could not be made' not in page
    assert 'src="http' not in page


def test_without_the_keras_network_the_page_says_so(folder, noise):
    page = write_explanation(OnnxModel(folder), noise, folder / 'page.html').read_text()
    assert page.count('could not be made') == 3
    assert 'holds no model.keras, only the exported file' in page
