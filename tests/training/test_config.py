"A configuration is read back as it was written, and refuses what makes no sense"

import json
from dataclasses import replace

import pytest
from conftest import TOP

from fer_nb.data.augment import Augment
from fer_nb.training.config import TrainConfig, TrainError, load_config, save_config

ODD = [
    {'batch_size': 0},
    {'batch_size': 2.5},
    {'epochs': 0},
    {'ema': 1.5},
    {'precision': 'float99'},
    {'dropout': 2.0},
    {'learning_rate': 'fast'},
    {'warmup_epochs': -5},
    {'devices': -1},
    {'optimizer': 'adamW'},
    {'seed': None},
    {'weights': ''},
    {'augment': {'mixup': -1}},
    {'augment': 3},
    {'preprocess': {'size': 'a'}},
    {'head_epochs': 61},
    {'teachers': 'one'},
    {'model': ['a']},
]


@pytest.mark.parametrize('choices', ODD, ids=str)
def test_a_value_that_makes_no_sense_is_refused(tmp_path, choices):
    (tmp_path / 'odd.json').write_text(json.dumps(choices))
    with pytest.raises(TrainError, match='odd.json'):
        load_config(tmp_path / 'odd.json')


@pytest.mark.parametrize('augment', [Augment(rotate=5), None], ids=['augment', 'none'])
def test_a_configuration_is_read_back_as_it_was_written(tmp_path, augment):
    config = replace(TrainConfig(epochs=3), augment=augment)
    save_config(config, tmp_path)
    assert load_config(tmp_path) == config


def test_a_file_that_is_not_there_says_what_to_give(tmp_path):
    with pytest.raises(TrainError, match='is not there; give a train.json'):
        load_config(tmp_path / 'x.json')


def test_an_unknown_setting_is_named(tmp_path):
    (tmp_path / 'y.json').write_text('{"epoch": 1}')
    with pytest.raises(TrainError, match="unexpected keyword argument 'epoch'"):
        load_config(tmp_path / 'y.json')


OURS = sorted(p for p in TOP.glob('models/*/*.json') if p.stem not in ('model', 'metrics'))


@pytest.mark.parametrize('path', OURS, ids=lambda p: f'{p.parent.name}-{p.stem}')
def test_the_configurations_of_our_networks_are_read(path):
    assert load_config(path).epochs > 0
