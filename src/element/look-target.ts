import type { GazeTarget } from "../motion/gaze";
import { LipsplatError } from "../player/errors";
import type { LookTarget } from "./types";

/** A viewer sits about this many widths of the picture away from it. */
const VIEWING_DISTANCE = 2;
/** Of the picture's height, from above: where the eyes are. */
const EYE_LINE = 0.4;

/** @throws LipsplatError `bad-option`. */
export function readLookTarget(target: LookTarget, element: Element): GazeTarget {
  const angles =
    target && "yaw" in target ? target : target && "x" in target ? towards(target, element) : undefined;
  if (!angles || !Number.isFinite(angles.yaw) || !Number.isFinite(angles.pitch)) {
    throw new LipsplatError(
      "bad-option",
      "lookAt takes { yaw, pitch } in radians, a point { x, y } of the window, or null.",
    );
  }
  return { yaw: angles.yaw, pitch: angles.pitch };
}

/** The angles at which a face behind the screen sees a point on it. */
function towards(point: { readonly x: number; readonly y: number }, element: Element): GazeTarget {
  const box = element.getBoundingClientRect();
  const away = VIEWING_DISTANCE * (box.width || 1);
  return {
    yaw: Math.atan2(point.x - (box.left + box.width / 2), away),
    pitch: Math.atan2(box.top + EYE_LINE * box.height - point.y, away),
  };
}
