"""Picture and curve metrics on plain arrays. Images are float in 0..1, (H, W, 3) unless said otherwise."""

from __future__ import annotations

import cv2
import numpy as np

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik 2003
WINDOW, SIGMA = 11, 1.5  # of one SSIM scale, same paper


def psnr(truth: np.ndarray, image: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio in dB over the pixels of `mask` (H, W) bool, all if None; infinite if equal."""
    error = np.square(truth.astype(np.float64) - image)  # (H, W, 3)
    mean = error.mean() if mask is None else error[mask].mean()
    return float("inf") if mean == 0 else float(-10 * np.log10(mean))


def grow(mask: np.ndarray, pixels: float) -> np.ndarray:
    """`mask` (H, W) bool with every pixel within `pixels` of it added."""
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)  # (H, W)
    return away <= pixels


def edge_band(weight: np.ndarray, pixels: float) -> np.ndarray:
    """Pixels (H, W) bool within `pixels` of the 0.5 contour of `weight` (H, W)."""
    inside = weight >= 0.5
    return grow(inside, pixels) & grow(~inside, pixels)


def ms_ssim(truth: np.ndarray, image: np.ndarray) -> float:
    """Multi-scale structural similarity, mean over channels; both sides at least 176 px (five scales of 11 px)."""
    if min(truth.shape[:2]) < WINDOW << (len(MS_SSIM_WEIGHTS) - 1):
        raise ValueError(f"truth is {truth.shape[:2]}: MS-SSIM needs at least 176 px a side, crop less")
    a, b, product = truth.astype(np.float64), image.astype(np.float64), 1.0
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        if scale:
            a, b = (cv2.resize(x, (x.shape[1] // 2, x.shape[0] // 2), interpolation=cv2.INTER_AREA) for x in (a, b))
        structure, whole = _ssim(a, b)  # (3,) each
        term = whole if scale == len(MS_SSIM_WEIGHTS) - 1 else structure
        product = product * np.maximum(term, 0) ** weight
    return float(np.mean(product))


def _ssim(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Contrast-structure and full SSIM of one scale, per channel."""
    c1, c2, margin = 0.01**2, 0.03**2, WINDOW // 2

    def blur(x: np.ndarray) -> np.ndarray:  # only where the whole window lies in the image
        return cv2.GaussianBlur(x, (WINDOW, WINDOW), SIGMA)[margin:-margin, margin:-margin]

    ma, mb = blur(a), blur(b)
    va, vb, vab = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    structure = (2 * vab + c2) / (va + vb + c2)  # (h, w, 3)
    luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1)
    return structure.mean((0, 1)), (luminance * structure).mean((0, 1))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r of two curves (n,); 0 where one of them does not move."""
    return 0.0 if np.std(a) == 0 or np.std(b) == 0 else float(np.corrcoef(a, b)[0, 1])


def concordance(a: np.ndarray, b: np.ndarray) -> float:
    """Lin's concordance correlation coefficient of two curves (n,): 1 only if equal."""
    spread = a.var() + b.var() + (a.mean() - b.mean()) ** 2
    return 1.0 if spread == 0 else float(2 * np.mean((a - a.mean()) * (b - b.mean())) / spread)


def affine_fit(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the least-squares line y ≈ slope·x + intercept over (n,) points."""
    slope, intercept = np.polyfit(x, y, 1) if np.std(x) else (0.0, np.mean(y))
    return float(slope), float(intercept)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The (2, 3) scale, rotation and shift that best carries points `source` (n, 2) onto `target` (Umeyama 1991)."""
    ms, mt = source.mean(0), target.mean(0)
    s, t = source - ms, target - mt
    u, d, v = np.linalg.svd(t.T @ s)
    sign = np.array([1.0, np.sign(np.linalg.det(u @ v))])
    turn = u @ np.diag(sign) @ v  # (2, 2)
    scale = (d * sign).sum() / np.square(s).sum()
    return np.column_stack([scale * turn, mt - scale * turn @ ms])
