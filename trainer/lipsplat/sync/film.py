"""A camera on a speaking head: what light, lens, hand and codec make of a mouth."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from lipsplat.mesh import Camera, MeshRenderer, random_light
from lipsplat.sync.crops import BASE, HEIGHT, LUMA, WIDTH, crop_transform

OVERSIZE = 1.5  # pictures are drawn larger and averaged


def film(renderer: MeshRenderer, vertices: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Crops (F,72,96) uint8 of placed vertices (F,V,3): one light, lens, and quality of picture for the clip."""
    head, light = renderer.head, random_light(chance)
    anchors = vertices[:, [head.base[b] for b in BASE]]  # (F,3,3)
    distance = chance.uniform(6, 14)  # dm
    back = np.array([chance.normal(0, 0.3), chance.normal(0.2, 0.5), distance])
    lens = Camera(tuple(anchors[0].mean(0) + back), 1000.0, (0.0, 0.0))
    jitter = gaussian_filter1d(chance.normal(0, 1, (len(vertices), 3, 2)), 1.0, axis=0) * chance.uniform(0.2, 1.2)
    jitter += chance.normal(0, 1.0, (3, 2))  # what a detector has wrong for this face all the time, px
    background = int(chance.uniform(0, 255)) * np.ones(3, int)
    grey = LUMA * chance.uniform(0.6, 1.4, 3)
    grey /= grey.sum()
    blur, shrink = max(chance.uniform(-0.6, 1.0), 0), chance.uniform(0.55, 1.0)
    noise, quality = float(np.clip(chance.normal(0, 3), 0, 5)), int(chance.uniform(40, 95))
    contrast, brightness = chance.uniform(0.8, 1.3), chance.uniform(-10, 30)
    crops = np.empty((len(vertices), HEIGHT, WIDTH), np.uint8)
    for i, frame in enumerate(vertices):
        move = crop_transform(lens.project(anchors[i]))
        move = crop_transform(lens.project(anchors[i]) + jitter[i] / np.hypot(*move[:, 0])) * OVERSIZE
        camera = Camera(lens.position, lens.focal, lens.principal, move)
        picture = renderer.render(frame, camera, light, tuple(background))[0] @ grey  # (1.5H,1.5W)
        small = cv2.resize(picture, (int(WIDTH * shrink), int(HEIGHT * shrink)), interpolation=cv2.INTER_AREA)
        if blur > 0:
            small = cv2.GaussianBlur(small, (0, 0), blur * shrink)
        small = small * contrast + brightness + noise * chance.standard_normal(small.shape)
        coded = cv2.imencode(".jpg", np.clip(small, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        crops[i] = cv2.resize(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), (WIDTH, HEIGHT))
    return crops
