"""The Stable Head Points Tracker: points of the head followed through the frames by dense optical flow (eq 9 and 10).

Frames are not chained, which would drift: every frame is matched with the few keyframes whose pose is nearest, from
where the first pose says that the head is. Points of a keyframe are followed into all frames matched with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator

from lipsplat.track.footage import Footage
from lipsplat.track.head_model import FACE, HeadModel
from lipsplat.track.motion import Motion
from lipsplat.track.pose import project, vector_of

STRIDE, CELL = 6, 2  # px between candidates; a cell is CELL × CELL of them, and keeps the steadiest
SMOOTH = (15, 15)  # px: what changes more slowly than over two such boxes is light, not skin
TEXTURE = 12.0  # grey levels a px, rms: a gradient with which a point is as well placed as it gets
UNSTEADY = 3.0  # a cell whose Laplacian is so many times the usual one is left out
REFINE = (3, 20, 0.005)  # OpenCV's: at most 20 steps, until one is shorter than 0.005 px
STRAY = 2.0  # px: a point that the last search takes further stays where the dense flow says
NECK = 0.3  # dm above the pivot: what is lower does not wholly move with the head
LARGEST = 2.0  # small heads are followed in a picture at most so much larger
MARGIN = 6  # px, beside the silhouette


@dataclass(frozen=True)
class FlowConfig:
    keyframes: int = 64  # at most
    matches: int = 2  # keyframes a frame is matched with
    links: int = 8  # and a keyframe: what holds those of turned heads, which few frames share, to all others
    apart: float = 2.0  # degrees: keyframes are at least so far apart
    head: int = 320  # px: the head's size in the picture in which it is followed
    mobile: float = 0.005  # dm: a point that expressions move so far (rms) counts half
    window: int = 21  # px, of the last search
    held_out: float = 0.0  # share of the points that is not used, to measure with


@dataclass
class Sheet:
    """The N points of one keyframe in the n frames that are matched with it."""

    keyframe: int
    frames: np.ndarray  # (n,) ascending
    pixels: np.ndarray  # (n,N,2) where the points are seen
    weight: np.ndarray  # (N,) semantic: 1 for what only the skull moves
    sure: np.ndarray  # (N,2,2): makes an error in px one in the noise of a point with plenty of texture
    points: np.ndarray  # (N,3) from the pivot, in head axes, dm: on the fitted head at first
    held_out: np.ndarray  # (N,) bool: not used, to measure with


def choose_keyframes(motion: Motion, config: FlowConfig) -> np.ndarray:
    """Good frames that cover the poses, the most usual first chosen; ascending."""
    good = np.flatnonzero(motion.good)
    middle = motion.rotation[good[len(good) // 2]]
    turned = np.degrees(vector_of(middle.T @ motion.rotation[good]))  # (G,3)
    chosen = [int(np.argmin(((turned - np.median(turned, 0)) ** 2).sum(1)))]
    far = np.linalg.norm(turned - turned[chosen[0]], axis=1)
    least = min(4, len(good))
    while len(chosen) < min(config.keyframes, len(good)) and (far.max() > config.apart or len(chosen) < least):
        # of the far ones the one whose landmarks fit best: no blur, no blink
        candidates = np.flatnonzero(far >= 0.9 * far.max())
        chosen.append(int(candidates[np.argmin(motion.error[good[candidates]])]))
        far = np.minimum(far, np.linalg.norm(turned - turned[chosen[-1]], axis=1))
    return np.sort(good[np.unique(chosen)])


class Keyframe:
    """A keyframe's picture round the head, and its candidates: pixels, first points, semantic weights."""

    def __init__(
        self, model: HeadModel, motion: Motion, frame: int, picture: np.ndarray, scale: float, principal, config
    ) -> None:
        import cv2

        self.frame, self.scale = frame, scale
        self.head = model.points(motion.identity, motion.expression[frame])[:-2] - motion.pivot  # (P,3)
        camera = self.head @ motion.rotation[frame].T + motion.at[frame]
        seen = project(camera, motion.focal, principal)  # (P,2)
        height, width = picture.shape
        small = seen * scale
        self.low = np.clip(np.floor(small.min(0)).astype(int) - 2 * MARGIN, 0, (width, height))
        high = np.clip(np.ceil(small.max(0)).astype(int) + 2 * MARGIN, 0, (width, height))
        self.picture = picture[self.low[1] : high[1], self.low[0] : high[0]].copy()
        hull = cv2.convexHull((small - self.low).astype(np.float32))[:, 0]
        mask = np.zeros(self.picture.shape, np.uint8)
        cv2.fillConvexPoly(mask, np.round(hull).astype(int), 1)
        mask = cv2.erode(mask, np.ones((2 * MARGIN + 1,) * 2, np.uint8), borderValue=0)
        rows, columns = np.mgrid[STRIDE // 2 : mask.shape[0] : STRIDE, STRIDE // 2 : mask.shape[1] : STRIDE]
        inside = mask[rows, columns] > 0
        self.rows, self.columns = rows[inside], columns[inside]  # (N,)
        cells = np.stack([rows // (STRIDE * CELL), columns // (STRIDE * CELL)], -1)[inside]
        self.cell = cells[:, 0] * 10_000 + cells[:, 1]
        self.pixels = (np.stack([self.columns, self.rows], 1) + 0.5 + self.low) / scale  # (N,2) of the frame
        mobility = np.sqrt((model.shift_expression.reshape(len(model.expressions), -1, 3) ** 2).sum(2).mean(0))[:-2]
        known = np.concatenate([-camera[:, 2:], mobility[:, None]], 1)  # (P,2): depth, mobility
        depth, moves = LinearNDInterpolator(seen, known)(self.pixels).T
        depth = np.where(np.isfinite(depth), depth, np.median(-camera[:, 2]))
        ray = (self.pixels - principal) / motion.focal * (1, -1)
        at_camera = np.concatenate([ray * depth[:, None], -depth[:, None]], 1)
        self.points = (at_camera - motion.at[frame]) @ motion.rotation[frame]  # (N,3)
        moves = np.where(np.isfinite(moves) & (self.points[:, 1] > NECK), moves, np.inf)
        self.weight = 1 / (1 + (moves / config.mobile) ** 2)
        steady = mobility[:FACE] < config.mobile
        self.anchors, self.anchors_seen = self.head[:FACE][steady], seen[:FACE][steady]
        steep = [cv2.Sobel(self.picture, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
        box = (config.window, config.window)
        tensor = [cv2.blur(steep[i] * steep[j], box)[self.rows, self.columns] for i, j in ((0, 0), (0, 1), (1, 1))]
        value, axis = np.linalg.eigh(np.stack([tensor[0], tensor[1], tensor[1], tensor[2]], -1).reshape(-1, 2, 2))
        size = np.sqrt(np.clip(value, 0, TEXTURE**2)) / TEXTURE  # (N,2)
        self.sure = axis * size[:, None] @ axis.transpose(0, 2, 1)
        self.window, self.held_out = box, config.held_out
        self.flows: list[np.ndarray] = []  # a frame each: (N,2) float16 residual
        self.moves: list[np.ndarray] = []  # (2,3): from the keyframe's to the frame's pixels
        self.frames: list[int] = []

    def match(self, flow, picture: np.ndarray, frame: int, pose: tuple[np.ndarray, np.ndarray], motion, principal):
        """Follow the candidates into a frame whose small picture (h,w) and rough pose (rotation, at) are given."""
        import cv2

        there = project(self.anchors @ pose[0].T + pose[1], motion.focal, principal)  # (A,2)
        design = np.concatenate([self.anchors_seen, np.ones((len(there), 1))], 1)
        move = np.linalg.lstsq(design, there, rcond=None)[0].T  # (2,3)
        # from the cut-out's pixel q to the small picture's: scale·move((q + 0.5 + low) / scale) − 0.5
        cut = move.copy()
        cut[:, 2] = self.scale * move[:, 2] + move[:, :2] @ (0.5 + self.low) - 0.5
        size = self.picture.shape[1::-1]
        warped = cv2.warpAffine(picture, cut, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                                borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        found = flow.calc(self.picture, warped, None)[self.rows, self.columns]  # (N,2)
        here = np.stack([self.columns, self.rows], 1).astype(np.float32)
        refined, ok, _ = cv2.calcOpticalFlowPyrLK(
            self.picture, warped, here[:, None], (here + found)[:, None].copy(), winSize=self.window, maxLevel=0,
            criteria=REFINE, flags=cv2.OPTFLOW_USE_INITIAL_FLOW, minEigThreshold=0,
        )  # fmt: skip
        closer = refined[:, 0] - here
        same = (ok[:, 0] > 0) & (np.linalg.norm(closer - found, axis=1) < STRAY)
        self.flows.append(np.where(same[:, None], closer, found).astype(np.float16))
        self.moves.append(move)
        self.frames.append(frame)

    def sheet(self) -> Sheet:
        """The steadiest candidate of every cell (eq 10)."""
        frames = np.array(self.frames)
        flows = np.array(self.flows, np.float32) / self.scale  # (n,N,2)
        start = self.pixels[None] + flows
        moves = np.array(self.moves)  # (n,2,3)
        pixels = start @ moves[:, :, :2].transpose(0, 2, 1) + moves[:, None, :, 2]  # (n,N,2)
        runs = np.flatnonzero((frames[2:] - frames[:-2]) == 2)
        if len(runs):
            laplacian = np.linalg.norm(pixels[runs + 1] - 0.5 * (pixels[runs] + pixels[runs + 2]), axis=2).mean(0)
        else:
            laplacian = np.zeros(len(self.pixels))
        usable = self.weight > 1e-3
        order = np.lexsort((laplacian, self.cell))
        order = order[usable[order]]
        best = order[np.unique(self.cell[order], return_index=True)[1]]
        if len(best):
            best = best[laplacian[best] <= UNSTEADY * max(np.median(laplacian[best]), 1e-6)]
        chance = np.random.default_rng(self.frame)
        return Sheet(
            keyframe=self.frame,
            frames=frames,
            pixels=pixels[:, best].astype(np.float64),
            weight=self.weight[best],
            sure=self.sure[best],
            points=self.points[best],
            held_out=chance.random(len(best)) < self.held_out,
        )


def follow_points(
    model: HeadModel, motion: Motion, footage: Footage, config: FlowConfig, progress: Callable[[int, int], None]
) -> list[Sheet]:
    """Sheets of all keyframes. `motion` has a pose for every frame: those of frames that are not good lie between."""
    import cv2

    principal = np.array(footage.size) / 2
    keys = choose_keyframes(motion, config)
    outline = model.points(motion.identity, np.zeros(len(model.expressions)))[:-2] - motion.pivot
    extent = np.ptp(project(outline @ motion.rotation[keys[0]].T + motion.at[keys[0]], motion.focal, principal), axis=0)
    scale = min(LARGEST, config.head / extent.max())

    def small(picture: np.ndarray) -> np.ndarray:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way)
        fine = picture.astype(np.float32)
        fine -= cv2.blur(cv2.blur(fine, SMOOTH), SMOOTH)
        return np.clip(2 * fine + 128, 0, 255).astype(np.uint8)

    pictures = {i: small(p) for i, p in zip(range(keys[-1] + 1), footage.grey()) if i in keys}
    sheets = [Keyframe(model, motion, k, pictures[k], scale, principal, config) for k in keys]
    middle = motion.rotation[keys[0]]
    turned = vector_of(middle.T @ motion.rotation)  # (F,3)
    far = np.linalg.norm(turned[:, None] - turned[keys][None], axis=2)  # (F,K)
    near = np.argsort(far, 1)
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    count = len(motion.good)
    for i, picture in enumerate(footage.grey()):
        if i >= count:
            break
        picture = small(picture)
        for k in near[i, : config.links if i in keys else config.matches]:
            sheets[k].match(flow, picture, i, (motion.rotation[i], motion.at[i]), motion, principal)
        progress(i + 1, count)
    return [s.sheet() for s in sheets if s.frames]
