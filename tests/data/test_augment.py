"Each change of a face stays in its range, and the same seed gives the same face"

import math

import numpy as np
import pytest

from fer_nb.data.augment import Augment, AugmentError, augment_face, mix_batch, warp_matrix

STILL = {'rotate': 0, 'shift': 0, 'zoom': 0}
FACE = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)


def rng(seed):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    'name, value',
    [
        ('mixup', -1),
        ('rotate', '12'),
        ('erase', 2),
        ('flip', 1),
        ('zoom', math.nan),
        ('sharp', None),
    ],
)
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(AugmentError) as caught:
        Augment(**{name: value})
    assert str(caught.value).startswith(f'augment: {name} is {value!r}; it has to be')


def test_nothing_switched_on_changes_nothing():
    assert np.array_equal(augment_face(FACE, rng(0), Augment(flip=False, **STILL)), FACE)


def test_another_seed_gives_another_face():
    assert not np.array_equal(augment_face(FACE, rng(5)), augment_face(FACE, rng(6)))


def test_the_center_stays_if_nothing_shifts():
    dot = np.zeros((49, 49), np.uint8)
    dot[24, 24] = 255
    moved = augment_face(dot, rng(1), Augment(shift=0))
    around_the_center = moved[23:26, 23:26]
    assert around_the_center.max() > 100
    assert around_the_center.sum() > 0.6 * moved.sum()


def draws(**change):
    "Angles in degrees, zooms, and shifts in pixels of 60 draws"
    aug = Augment(**{'flip': False, **STILL, **change})
    angles, zooms, shifts = [], [], []
    for seed in range(60):
        matrix = warp_matrix(48, rng(seed), aug)
        angles.append(math.degrees(math.atan2(matrix[1, 0], matrix[0, 0])))
        zooms.append(np.linalg.norm(matrix[:, 0]))
        shifts.append(np.abs(matrix @ [23.5, 23.5, 1] - 23.5).max())
    return np.array(angles), np.array(zooms), np.array(shifts)


def test_rotation_only_turns():
    angles, zooms, shifts = draws(rotate=15)
    assert 10 < angles.max() <= 15
    assert -15 <= angles.min() < -10
    np.testing.assert_allclose(zooms, 1, atol=1e-5)
    np.testing.assert_allclose(shifts, 0, atol=1e-4)


def test_zoom_only_zooms():
    angles, zooms, shifts = draws(zoom=0.2)
    assert 1.1 < zooms.max() <= 1.2 + 1e-6
    assert 1 / 1.2 - 1e-6 <= zooms.min() < 0.9
    np.testing.assert_allclose(angles, 0, atol=1e-4)
    np.testing.assert_allclose(shifts, 0, atol=1e-4)


def test_shift_only_moves():
    angles, zooms, shifts = draws(shift=0.1)
    assert 3 < shifts.max() <= 4.8 + 1e-4
    np.testing.assert_allclose(angles, 0, atol=1e-4)
    np.testing.assert_allclose(zooms, 1, atol=1e-5)


def test_light_stays_in_its_range():
    gray = np.full((48, 48), 100, np.uint8)
    light = Augment(brightness=0.2, contrast=0.3)
    means = [augment_face(gray, rng(seed), light).mean() for seed in range(50)]
    assert 45 <= min(means) < 70
    assert 130 < max(means) <= 152


def test_cubic_interpolation_keeps_more_contrast():
    def contrast(sharp):
        aug = Augment(flip=False, sharp=sharp)
        moved = np.stack([augment_face(FACE, rng(seed), aug) for seed in range(40)]).astype(float)
        return np.diff(moved).std() / np.diff(FACE.astype(float)).std()

    assert contrast(sharp=False) + 0.1 < contrast(sharp=True) < 1.1


@pytest.mark.parametrize('aug', [Augment(), Augment(erase=1.0)], ids=['plain', 'erase'])
def test_a_color_face_keeps_its_shape(aug):
    assert augment_face(np.zeros((32, 32, 3), np.uint8), rng(1), aug).shape == (32, 32, 3)


def erased(seed, share):
    black = np.zeros((48, 48), np.uint8)
    return (augment_face(black, rng(seed), Augment(erase=share)) > 0).mean()


def test_a_part_is_erased():
    shares = [erased(seed, 1.0) for seed in range(100)]
    assert 0.005 < min(shares)
    assert max(shares) < 0.25


def test_about_the_asked_share_of_faces_loses_a_part():
    assert 70 <= sum(erased(seed, 0.5) > 0 for seed in range(200)) < 130


# --- two faces in one ---------------------------------------------------------------------------

PAIR = np.stack([np.full((8, 8, 1), gray, np.float32) for gray in (0, 100)])
LABELS = np.eye(2, dtype=np.float32)


@pytest.mark.parametrize('how', ['mixup', 'cutmix'])
def test_labels_say_how_much_of_each_face_there_is(how):
    mixed, targets = mix_batch(PAIR, LABELS, rng(3), Augment(**{how: 1.0}))
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed.mean(axis=(1, 2, 3)), targets @ [0, 100], atol=1e-3)


def test_without_mixing_faces_come_back():
    assert np.array_equal(mix_batch(PAIR, LABELS, rng(3), Augment())[0], PAIR)


def test_the_faces_that_came_are_not_changed():
    mix_batch(PAIR, LABELS, rng(3), Augment(cutmix=1.0))
    assert PAIR[0].max() == 0


def test_where_both_are_on_one_or_the_other_is_taken():
    both = Augment(mixup=1.0, cutmix=1.0)
    is_cut = set()
    for seed in range(30):
        mixed, _ = mix_batch(PAIR, LABELS, rng(seed), both)
        is_cut.add(bool(np.isin(mixed, PAIR).all()))
    assert is_cut == {True, False}
