"""The rendered head: its picture and labels agree with its geometry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from lipsplat.capture import BACKGROUND, EYE, MOUTH, SKIN
from lipsplat.mesh import Camera, Light, MeshRenderer, build_head, random_identity, random_light
from lipsplat.mesh.head import LIP_LOWER, LIP_UPPER
from lipsplat.mesh.rest import hairs, rest_head
from lipsplat.mesh.subdivide import subdivide
from lipsplat.track import head_model

SIZE = 192


@pytest.fixture(scope="module")
def scene(heads_can_be_drawn):
    person = random_identity(5)
    head = build_head(person.shape, person.hair, person.brow)
    renderer = MeshRenderer(head, person.look, SIZE, SIZE, texels=256)
    lip = head.rest[head.base[LIP_UPPER]]
    return head, renderer, Camera((0.0, float(lip[1]) + 0.5, float(lip[2]) + 9.0), 5.0 * SIZE, (SIZE / 2, SIZE / 2))


def placed(head, yaw: float = 0.0, **weights: float) -> np.ndarray:
    row = np.array([[weights.get(name, 0.0) for name in head.names]])
    return head.place(row, np.array([[0.0, yaw, 0.0]]), np.zeros((1, 3)), np.zeros((1, 2)))[0]


def test_labels_lie_where_the_geometry_projects(scene):
    head, renderer, camera = scene
    vertices = placed(head, viseme_aa=1.0)
    picture, labels = renderer.render(vertices, camera, background=(0, 255, 0))
    assert picture.shape == (SIZE, SIZE, 3) and labels.shape == (SIZE, SIZE)
    assert {BACKGROUND, SKIN, EYE, MOUTH} <= set(np.unique(labels))
    assert (picture[labels == BACKGROUND] == (0, 255, 0)).mean() > 0.95  # but for pixels that an edge crosses
    lips = camera.project(vertices[[head.base[LIP_UPPER], head.base[LIP_LOWER]]])
    rows, columns = np.nonzero(labels == MOUTH)
    assert lips[0, 1] - 1 <= rows.min() and rows.max() <= lips[1, 1] + 1  # teeth and tongue show between the lips
    assert abs(columns.mean() - lips[:, 0].mean()) < 3
    for side in (0, 1):
        x, y = camera.project(head.eye_centre[side]).astype(int)
        assert labels[y, x] == EYE


def test_an_open_mouth_shows_its_inside_and_a_closed_one_does_not(scene):
    head, renderer, camera = scene
    shown = [(renderer.render(placed(head, **{v: 1.0}), camera)[1] == MOUTH).sum() for v in ("viseme_PP", "viseme_aa")]
    assert shown[0] < 0.1 * shown[1]


def test_light_from_one_side_brightens_that_side(scene):
    head, renderer, camera = scene
    light = Light(key=(1.0, 0.0, 0.3), fill_colour=(0.0, 0.0, 0.0))
    picture, labels = renderer.render(placed(head), camera, light)
    skin = labels == SKIN
    left, right = skin.copy(), skin.copy()
    left[:, SIZE // 2 :], right[:, : SIZE // 2] = False, False
    assert picture[right].mean() > 1.3 * picture[left].mean()


def test_the_crop_moves_the_picture(scene):
    head, renderer, camera = scene
    vertices = placed(head)
    whole = renderer.render(vertices, camera)[1]
    shift = Camera(camera.position, camera.focal, camera.principal, np.array([[1.0, 0.0, 20.0], [0.0, 1.0, -10.0]]))
    moved = renderer.render(vertices, shift)[1]
    assert (moved[:-10, 20:] == whole[10:, :-20]).mean() > 0.999


def test_wrong_input_is_named(scene):
    head, renderer, camera = scene
    with pytest.raises(ValueError, match="vertices: want"):
        renderer.render(head.rest[:-1], camera)
    with pytest.raises(ValueError, match="parts: .*beard"):
        build_head({}, parts=("skin", "beard"))


def test_seeds_make_the_same_people_again_and_different_ones():
    assert random_identity(3) == random_identity(3)
    assert random_identity(3).shape != random_identity(4).shape
    assert random_light(np.random.default_rng(1)) == random_light(np.random.default_rng(1))


def test_subdivision_rounds_a_cube_and_keeps_a_plane():
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    matrix, new, uv = subdivide(quads, np.zeros((6, 4, 2)), 8)
    points = matrix @ corners
    assert new.shape == (24, 4) and uv.shape == (24, 4, 2)
    np.testing.assert_allclose(np.abs(points[:8]), 5 / 9)  # Catmull and Clark's own rule for a cube's corner
    grid = np.array([[x, y, 2 * x - y] for y in range(4) for x in range(4)], float)
    flat = np.array([[4 * y + x, 4 * y + x + 1, 4 * y + x + 5, 4 * y + x + 4] for y in range(3) for x in range(3)])
    matrix, _, _ = subdivide(flat, np.zeros((9, 4, 2)), 16)
    smooth = matrix @ grid
    np.testing.assert_allclose(smooth[:, 2], 2 * smooth[:, 0] - smooth[:, 1], atol=1e-12)


def test_the_head_that_ships_is_the_kits():
    model = head_model()
    identity = np.random.default_rng(2).normal(0, 0.5, len(model.spread)) * model.spread
    shape = model.shape(identity)
    for hair in hairs():
        ours, kits = rest_head(shape, hair), build_head(shape, hair)
        assert np.abs(ours.eyes - kits.eye_centre).max() < 1e-3 and np.abs(ours.pivot - kits.pivot).max() < 1e-3
        for part in ours.parts:
            if part.name != "skin":  # the kit's is rounded
                theirs = kits.rest[np.unique(kits.quads[kits.part == kits.parts.index(part.name)])]
                far, _ = cKDTree(theirs).query(part.position)
                assert far.max() < 2e-3  # half floats
    with pytest.raises(ValueError, match="nose/none is no target"):
        rest_head({"nose/none": 1.0})
