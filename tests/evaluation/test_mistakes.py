"The most confident mistakes"

from dataclasses import replace
import numpy as np
import pytest
from fer_nb.evaluation.mistakes import mistakes_html, nearest_faces


@pytest.fixture
def wrong(noise):
    "Answers that are one class too far, with a confidence of 0.9"
    answers = (noise.labels + 1) % 7
    return 0.1 / 7 + 0.9 * np.eye(7)[answers]


def test_no_mistake_is_said(noise):
    right = np.eye(7)[noise.labels]
    assert mistakes_html(noise, right) == '<p>None: every answer is right.</p>'
    assert mistakes_html(noise, right, train=noise) == '<p>None: every answer is right.</p>'


def test_each_mistake_has_its_face_its_twin_and_its_votes(noise, wrong):
    votes = np.tile([0, 3, 0, 7, 0, 0, 0, 0, 0, 0], (18, 1))
    grid = mistakes_html(noise, wrong, train=noise, votes=votes, n=3)
    assert grid.count('<figure>') == 3
    assert grid.count('<img') == 6
    assert grid.count('crowd: 7 sadness, 3 happiness') == 3


def test_without_training_faces_there_is_no_twin(noise, wrong):
    assert 'nearest in training' not in mistakes_html(noise, wrong)


def test_label_names_are_escaped(noise, wrong):
    labels = ('<img src=x>', *noise.label_set.labels[1:])
    hostile = replace(noise, label_set=replace(noise.label_set, labels=labels))
    assert '<img src=x>' not in mistakes_html(hostile, wrong)


def test_the_nearest_face_is_found_in_any_block(noise):
    darker = noise.images[[1, 8]] // 2 + 60
    nearest, correlation = nearest_faces(darker, noise.images, block=4)
    assert nearest.tolist() == [1, 8]
    assert (correlation > 0.99).all()
