"Splits by class and group: nobody is in two parts, and every class is in every part"

import numpy as np
import pytest

from fer_nb.data.dataset import DataError
from fer_nb.data.splits import split_rows

PEOPLE = np.arange(100) // 5  # twenty, with five images each
LABELS = np.repeat([0, 1], 50)


def test_about_eighty_ten_and_ten_percent():
    assert np.bincount(split_rows(LABELS, PEOPLE)).tolist() == [80, 10, 10]


def test_nobody_is_in_two_parts():
    split = split_rows(LABELS, PEOPLE)
    for person in range(20):
        assert len(set(split[PEOPLE == person])) == 1


def test_the_same_seed_gives_the_same_split():
    assert np.array_equal(split_rows(LABELS, PEOPLE), split_rows(LABELS, PEOPLE))


def test_a_class_of_one_image_is_refused():
    with pytest.raises(DataError, match='a split needs at least 3'):
        split_rows([0, 0, 0, 1], range(4))


def test_a_class_of_one_person_is_refused():
    "Or it would have no training face"
    groups = [*range(30), *[99] * 30]
    with pytest.raises(DataError, match=r'of only 1 group \(people'):
        split_rows(np.repeat([0, 1], 30), groups)


@pytest.mark.parametrize('seed', range(10))
def test_uneven_people_still_leave_every_class_in_every_part(seed):
    "Thirty people, of whom each shows about half of seven classes"
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(30):
        for label in range(7):
            if rng.random() < 0.5:
                rows += [(person, label)] * int(rng.integers(1, 12))
    people, labels = np.array(rows).T
    split = split_rows(labels, people.tolist())
    for part in range(3):
        assert set(labels[split == part]) == set(range(7))
