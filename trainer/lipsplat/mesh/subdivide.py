"""One Catmull-Clark step (1978) of a quad mesh as a sparse matrix: applied once, to rest and blendshapes alike."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, vstack


def subdivide(quads: np.ndarray, uv: np.ndarray, count: int) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """quads (Q,4) over `count` vertices, uv (Q,4,2) of their corners.

    Returns the matrix (V',count) that makes the new vertices, the quads (4Q,4) over them and their uv (4Q,4,2).
    New vertices: the old ones moved, then one an edge, then one a face.
    """
    following = np.roll(quads, -1, 1)  # (Q,4)
    edge_key = np.sort(np.stack([quads, following], -1).reshape(-1, 2), 1)  # (4Q,2)
    ends, edge = np.unique(edge_key, axis=0, return_inverse=True)  # (E,2), (4Q,)
    edge = edge.reshape(quads.shape)  # edge k of a quad runs from its corner k to corner k + 1
    faces, edges = len(quads), len(ends)
    corner = (quads.ravel(), np.repeat(np.arange(faces), 4))  # vertex, face
    face_point = csr_matrix((np.full(quads.size, 0.25), corner[::-1]), (faces, count))
    middle = csr_matrix((np.full(2 * edges, 0.5), (np.repeat(np.arange(edges), 2), ends.ravel())), (edges, count))
    edge_from_face = csr_matrix((np.ones(quads.size), (edge.ravel(), corner[1])), (edges, faces))
    shared = np.asarray(edge_from_face.sum(1)).ravel()  # faces at each edge
    inner = (shared == 2).astype(float)
    edge_point = _rows(1 - 0.5 * inner) @ middle + _rows(0.25 * inner) @ (edge_from_face @ face_point)
    # old vertices: (F + 2R + (n − 3)P) / n inside; on a border 3/4 of themselves and 1/4 of the border's middle
    vertex_from_edge = csr_matrix((np.ones(2 * edges), (ends.ravel(), np.repeat(np.arange(edges), 2))), (count, edges))
    vertex_from_face = csr_matrix((np.ones(quads.size), corner), (count, faces))
    n = np.maximum(np.asarray(vertex_from_face.sum(1)).ravel(), 1)
    border_edge = vertex_from_edge @ _rows(1 - inner)
    borders = np.asarray(border_edge.sum(1)).ravel()
    used = np.asarray(vertex_from_edge.sum(1)).ravel() > 0
    inside = (used & (borders == 0)).astype(float)
    on_border = (borders > 0).astype(float)
    edge_number = np.maximum(np.asarray(vertex_from_edge.sum(1)).ravel(), 1)
    itself = csr_matrix((inside * (n - 3) / n + 0.5 * on_border + (~used), (np.arange(count),) * 2), (count, count))
    vertex_point = (
        itself
        + _rows(inside / n**2) @ vertex_from_face @ face_point
        + _rows(2 * inside / (n * edge_number)) @ vertex_from_edge @ middle
        + _rows(0.5 * on_border / np.maximum(borders, 1)) @ border_edge @ middle
    )
    matrix = vstack([vertex_point, edge_point, face_point]).tocsr()
    before = np.roll(edge, 1, 1)
    centre = np.broadcast_to((count + edges + np.arange(faces))[:, None], quads.shape)
    new = np.stack([quads, count + edge, centre, count + before], -1).reshape(-1, 4)
    middle_uv = 0.5 * (uv + np.roll(uv, -1, 1))
    centre_uv = np.broadcast_to(uv.mean(1, keepdims=True), uv.shape)
    new_uv = np.stack([uv, middle_uv, centre_uv, np.roll(middle_uv, 1, 1)], 2).reshape(-1, 4, 2)
    return matrix, new, new_uv


def _rows(scale: np.ndarray) -> csr_matrix:
    """The diagonal matrix that scales rows."""
    return csr_matrix((scale, (np.arange(len(scale)),) * 2), (len(scale), len(scale)))
