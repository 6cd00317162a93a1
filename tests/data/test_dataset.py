"A data set is arrays that stay together"

import numpy as np
import pytest

from fer_nb.core.labels import LabelSet
from fer_nb.data.dataset import DataError, FaceDataset, face_marks, repeated_rows


@pytest.fixture
def tiny():
    return FaceDataset(
        images=np.arange(16, dtype=np.uint8).reshape(4, 2, 2),
        labels=np.array([0, 1, 1, 0], np.uint8),
        split=np.array([0, 0, 2, 2], np.uint8),
        label_set=LabelSet('tiny', ('sad', 'happy')),
        ids=np.arange(4),
    )


def test_a_part_keeps_labels_and_ids(tiny):
    assert tiny.part('test').labels.tolist() == [1, 0]
    assert tiny.part('test').ids.tolist() == [2, 3]


def test_a_part_whose_rows_stand_together_is_not_copied(tiny):
    assert np.shares_memory(tiny.part('test').images, tiny.images)


def test_rows_are_taken_by_index_and_mask(tiny):
    assert len(tiny[[3]]) == 1
    assert tiny[tiny.labels == 1].ids.tolist() == [1, 2]


def test_counts_by_class_and_split(tiny):
    assert tiny.counts().loc['happy'].tolist() == [1, 0, 1]


def test_a_part_that_is_not_there_is_said_with_those_that_are(tiny):
    with pytest.raises(DataError, match="no rows in the split 'validation'; it has train and test"):
        tiny.part('validation')


def test_a_part_that_nobody_knows_is_refused(tiny):
    with pytest.raises(DataError, match='choose train, validation, test'):
        tiny.part('dev')


def test_marks_are_short_and_differ(tiny):
    marks = face_marks(tiny.images)
    assert len(set(marks)) == 4
    assert {len(mark) for mark in marks} == {12}


def test_repeated_faces_are_found(tiny):
    assert repeated_rows(tiny, tiny[1:3]).tolist() == [False, True, True, False]
