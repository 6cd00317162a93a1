"A model.json as people edit, cut and mail it: the answer it promises, or one line on why not"

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from fer_nb.core.errors import FerError
from fer_nb.core.labels import get_label_set
from fer_nb.core.preprocess import Preprocess
from fer_nb.inference.runtime import OnnxModel
from fer_nb.core.model_folder import _parse_outputs, ModelError, ModelSpec, load_spec, save_spec
from fer_nb.core.models import find_model, model_folders
from fer_nb.app.widgets import known_models

MINI = find_model('mini_xception')
LABELS = list(load_spec(MINI).outputs['fer2013'])
WHOLE = json.loads((MINI / 'model.json').read_text())


def written(folder, **changes):
    "A folder with Mini-Xception's weights and another model.json; None takes a key away"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(MINI / 'model.onnx', folder)
    content = {k: v for k, v in {**WHOLE, **changes}.items() if v is not None}
    (folder / 'model.json').write_text(json.dumps(content))
    return folder


def refusal(load, folder):
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 600
    return str(caught.value)


@pytest.mark.parametrize('labels', [LABELS[1:], LABELS[:-1], [*LABELS, 'contempt']])
def test_labels_that_are_not_as_many_as_the_answers_are_refused(tmp_path, labels):
    said = refusal(OnnxModel, written(tmp_path / 'm', outputs={'fer2013': labels}))
    assert f'7 answers for fer2013, but its model.json has {len(labels)} labels' in said


def test_a_file_that_leaves_its_width_open_is_refused_at_the_first_answer(tmp_path):
    onnx = pytest.importorskip('onnx')
    h = onnx.helper
    weights = onnx.numpy_helper.from_array(np.zeros((64, 3), np.float32), 'w')
    nodes = [
        h.make_node('Flatten', ['faces'], ['flat']),
        h.make_node('MatMul', ['flat', 'w'], ['mine']),
    ]
    faces = h.make_tensor_value_info('faces', onnx.TensorProto.FLOAT, ['n', 8, 8, 1])
    answers = h.make_tensor_value_info('mine', onnx.TensorProto.FLOAT, ['n', 'c'])
    graph = h.make_graph(nodes, 'open', [faces], [answers], [weights])
    versions = {'opset_imports': [h.make_opsetid('', 17)], 'ir_version': 9}
    onnx.save(h.make_model(graph, **versions), tmp_path / 'model.onnx')

    def ask(folder):
        return OnnxModel(folder).logits(np.zeros((2, 8, 8, 1), np.float32))

    save_spec(ModelSpec('open', {'mine': ('a', 'b', 'c')}, Preprocess(8)), tmp_path)
    assert ask(tmp_path).shape == (2, 3)
    save_spec(ModelSpec('open', {'mine': ('a', 'b')}, Preprocess(8)), tmp_path)
    assert '3 answers for mine, but its model.json has 2 labels' in refusal(ask, tmp_path)


def test_another_size_of_faces_is_refused(tmp_path):
    folder = written(tmp_path / 'm', preprocess={**WHOLE['preprocess'], 'size': 64})
    assert 'does not take N×64×64×1 faces' in refusal(OnnxModel, folder)


@pytest.mark.parametrize(
    'value', [float('nan'), float('inf'), -1, 0, '1.2', None, True, [1], 10**400]
)
def test_a_temperature_that_is_no_number_over_0_is_refused(tmp_path, value):
    said = refusal(load_spec, written(tmp_path / 'm', temperature={'fer2013': value}))
    assert 'the temperature of fer2013 is' in said


def test_a_temperature_that_is_missing_is_1(tmp_path):
    for temperature in ({}, None):
        spec = load_spec(written(tmp_path / 'm', temperature=temperature))
        assert spec.temperature.get('fer2013', 1.0) == 1.0


BAD = {
    'twice': ({'outputs': {'fer2013': [*LABELS[1:], 'happy']}}, 'happy more than once'),
    'twice by another name': (
        {'outputs': {'fer2013': [*LABELS[1:], 'joy']}},
        'happy more than once',
    ),
    'letters': ({'outputs': {'fer2013': 'abcdefg'}}, 'not a list of words'),
    'no outputs': ({'outputs': []}, 'outputs are []'),
    'name of an output': ({'outputs': {'a b': LABELS}}, "'a b' cannot be the name"),
    'hashes': ({'sha256': [1]}, 'sha256 is [1]'),
    'hash': ({'sha256': {'model.onnx': 5}}, "sha256 is {'model.onnx': 5}"),
    'emotions': ({'emotions': ['happy']}, "emotions is ['happy']"),
    'color': ({'emotions': {'sad': {'name': 'sad', 'color': 'red;x'}}}, 'not like #1a2b3c'),
    'icon': ({'emotions': {'sad': {'name': 'sad', 'icon': '/etc/passwd'}}}, 'use --icons'),
    'other output': ({'temperature': {'ferplus': 1.0}}, "'ferplus', which is no output"),
    'unknown': ({'scale': 2}, "'scale', which this version does not know"),
    'lacks': ({'preprocess': None}, 'it lacks preprocess'),
    'format': ({'format': True}, 'another version of fer_nb'),
}


@pytest.mark.parametrize('changes, said', BAD.values(), ids=list(BAD))
def test_what_cannot_be_meant_is_named(tmp_path, changes, said):
    assert said in refusal(load_spec, written(tmp_path / 'm', **changes))


def test_a_key_that_stands_twice_is_refused(tmp_path):
    folder = written(tmp_path / 'm')
    text = (folder / 'model.json').read_text()
    (folder / 'model.json').write_text(
        text.replace('"fer2013":', '"fer2013": ["a", "b"], "fer2013":', 1)
    )
    assert "'fer2013' stands there twice" in refusal(load_spec, folder)


def test_the_mark_that_editors_of_windows_write_is_read_over(tmp_path):
    folder = written(tmp_path / 'm')
    text = (folder / 'model.json').read_text()
    (folder / 'model.json').write_text(text, encoding='utf-8-sig')
    assert load_spec(folder).name == 'mini_xception'


def nested(depth):
    return '{"format": 1, "name": ' + '[' * depth + ']' * depth + '}'


def test_one_bad_folder_harms_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv('FER_NB_MODELS', str(tmp_path))
    written(tmp_path / 'good', name='good')
    for name, text in {'deep': nested(100_000), 'half': '{"format": 1,', 'empty': ''}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / 'model.json').write_text(text)
    (tmp_path / 'bytes').mkdir()
    (tmp_path / 'bytes/model.json').write_bytes(b'\xff\xfe\x00')
    (tmp_path / 'folder/model.json').mkdir(parents=True)
    (tmp_path / 'loop').symlink_to(tmp_path / 'loop')
    (tmp_path / 'gone').mkdir()
    (tmp_path / 'gone/model.json').symlink_to(tmp_path / 'nowhere')
    assert 'good' in model_folders()
    known = known_models()
    assert known['good'] == {'fer2013': 7}
    assert not {'deep', 'half', 'empty', 'bytes', 'folder', 'loop', 'gone'} & set(known)
    assert 'nested too deeply' in refusal(load_spec, tmp_path / 'deep')


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(LABELS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def places(value, path=()):
    "Every place in a JSON value"
    yield path
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, v in inside:
        yield from places(v, (*path, key))


@st.composite
def mangled(draw):
    "The text of a whole model.json with some values changed, taken away or added, or cut"
    content = json.loads(
        json.dumps({**WHOLE, 'emotions': {'sad': {'name': 'sad', 'aliases': ['low'], 'words': {}}}})
    )
    for _ in range(draw(st.integers(1, 3))):
        *inner, last = draw(st.sampled_from([p for p in places(content) if p] or [('name',)]))
        holder = content
        for key in inner:
            holder = holder[key]
        if draw(st.booleans()) or isinstance(holder, list):
            holder[last] = draw(VALUES)
        else:
            del holder[last]
            holder[draw(st.text(max_size=8))] = draw(VALUES)
    text = json.dumps(content)
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


@settings(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=mangled())
def test_a_mangled_file_is_read_whole_or_refused_in_one_line(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp() / 'mangled'
    folder.mkdir(exist_ok=True)
    (folder / 'model.json').write_text(text)
    try:
        spec = load_spec(folder)
    except FerError as e:
        assert isinstance(e, ModelError) and '\n' not in str(e) and len(str(e)) < 600
        str(e).encode()
        return
    for output in spec.outputs:
        label_set = spec.label_set(output)
        assert label_set.name == output and len(set(label_set)) == len(spec.outputs[output])
        assert 0 < spec.temperature.get(output, 1.0) <= 1000
        assert [e.words for e in label_set.emotions]
    save_spec(spec, folder)
    assert load_spec(folder) == ModelSpec(**{**vars(spec), 'sha256': {}})


def test_label_sets_of_ours_pass(tmp_path):
    for name in ('fer2013', 'ferplus'):
        labels = get_label_set(name)
        save_spec(ModelSpec('x', {name: labels.labels}), tmp_path)
        assert load_spec(tmp_path).label_set().labels == labels.labels


@pytest.mark.parametrize('labels', ['happy', ['happy'], ['happy', 'joy'], ['happy', 7]], ids=str)
def test_labels_that_are_no_list_of_different_words_are_refused(labels):
    with pytest.raises((ValueError, FerError)):
        _parse_outputs({'fer2013': labels})
