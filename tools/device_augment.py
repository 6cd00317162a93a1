"""The changes of fer_nb.data.augment in JAX, for whole batches on the device that trains.

They draw from the same ranges as `augment_batch` and `mix_batch`, from other random numbers.
Faces are N×S×S float32, 0 to 255; color is not needed for FER2013.
"""

import math

import jax
import jax.numpy as jnp
from jax import random


def draw_matrices(key, count, size, aug):
    "Draw flips, rotations, shifts and zooms about the center: N×2×3, as `warp_matrix` does"
    turn, grow, mirror, move = random.split(key, 4)
    limit = math.radians(aug.rotate)
    angle = random.uniform(turn, (count,), minval=-limit, maxval=limit)
    limit = math.log1p(aug.zoom)
    zoom = jnp.exp(random.uniform(grow, (count,), minval=-limit, maxval=limit))
    flip = jnp.where(random.bernoulli(mirror, 0.5 * aug.flip, (count,)), -1.0, 1.0)
    shift = random.uniform(move, (count, 2), minval=-aug.shift, maxval=aug.shift) * size
    c, s, middle = jnp.cos(angle) * zoom, jnp.sin(angle) * zoom, (size - 1) / 2
    linear = jnp.stack([jnp.stack([c * flip, -s], 1), jnp.stack([s * flip, c], 1)], 1)
    offset = middle + shift - linear @ jnp.full(2, middle)
    return jnp.concatenate([linear, offset[:, :, None]], axis=2)


def _near(d):  # Keys' cubic with OpenCV's a = -0.75, up to a pixel away
    return (1.25 * d - 2.25) * d * d + 1


def _far(d):  # from one to two pixels away
    return ((-0.75 * d + 3.75) * d - 6) * d + 3


def _taps(where, sharp):  # coordinates -> first pixel, and the weights of it and those after it
    first = jnp.floor(where)
    t = where - first
    if not sharp:
        return first.astype(int), [1 - t, t]
    return first.astype(int) - 1, [_far(1 + t), _near(t), _near(1 - t), _far(2 - t)]


def _warp_one(face, matrix, sharp):
    size = face.shape[0]
    back = jnp.linalg.inv(matrix[:, :2])
    y, x = jnp.meshgrid(jnp.arange(size), jnp.arange(size), indexing='ij')
    there = jnp.stack([x - matrix[0, 2], y - matrix[1, 2]], -1) @ back.T
    left, across = _taps(there[..., 0], sharp)
    top, down = _taps(there[..., 1], sharp)
    out = 0
    for i, row_weight in enumerate(down):
        for j, column_weight in enumerate(across):
            row, column = jnp.clip(top + i, 0, size - 1), jnp.clip(left + j, 0, size - 1)
            out += row_weight * column_weight * face[row, column]
    return jnp.clip(out, 0, 255)


def warp(faces, matrices, sharp=False):
    "Move every face by its matrix, as `cv2.warpAffine` does with replicated borders"
    return jax.vmap(lambda face, matrix: _warp_one(face, matrix, sharp))(faces, matrices)


def change_light(key, faces, aug):
    "Draw brightness and contrast about each face's mean"
    gains, lights = random.split(key)
    shape, axes = (len(faces), 1, 1), (1, 2)
    gain = 1 + random.uniform(gains, shape, minval=-aug.contrast, maxval=aug.contrast)
    light = 255 * random.uniform(lights, shape, minval=-aug.brightness, maxval=aug.brightness)
    mean, least = faces.mean(axes, keepdims=True), faces.min(axes, keepdims=True)
    offset = jnp.maximum(-gain * least, mean * (1 - gain) + light)
    return jnp.clip(gain * faces + offset, 0, 255)


def erase(key, faces, share):
    "Cover a rectangle of 2 to 20 % of some faces with noise (Zhong et al. 2020)"
    keys = random.split(key, 6)
    count, size = faces.shape[:2]
    area = random.uniform(keys[0], (count,), minval=0.02, maxval=0.2) * size**2
    ratio = jnp.exp(random.uniform(keys[1], (count,), minval=-1, maxval=1) * math.log(3))
    sides = jnp.stack([jnp.sqrt(area * ratio), jnp.sqrt(area / ratio)], 1)
    sides = jnp.clip(jnp.floor(sides), 1, size)
    start = jnp.floor(random.uniform(keys[2], (count, 2)) * (size - sides + 1))
    places = jnp.arange(size)
    inside = (places >= start[:, :, None]) & (places < (start + sides)[:, :, None])
    covered = inside[:, 0, :, None] & inside[:, 1, None, :]
    covered &= random.bernoulli(keys[3], share, (count, 1, 1))
    noise = random.randint(keys[4], faces.shape, 0, 256).astype(faces.dtype)
    return jnp.where(covered, noise, faces)


def change_faces(key, faces, aug):
    "Change every face of a batch at random"
    keys = random.split(key, 4)
    faces = warp(faces, draw_matrices(keys[0], *faces.shape[:2], aug), aug.sharp)
    if aug.brightness or aug.contrast:
        faces = change_light(keys[1], faces, aug)
    return erase(keys[2], faces, aug.erase) if aug.erase else faces


def mix(key, faces, targets, alpha):
    "Mixup of faces and a list of targets (Zhang et al. 2018)"
    shares, partners = random.split(key)
    keep = random.beta(shares, alpha, alpha)
    partner = random.permutation(partners, len(faces))
    mixed = [keep * a + (1 - keep) * a[partner] for a in (faces, *targets)]
    return mixed[0], mixed[1:]
