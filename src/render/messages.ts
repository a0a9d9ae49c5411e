import type { ClockMark } from "../audio/clock";
import type { Modules } from "../motion/modules";
import type { Mood } from "../motion/mood-names";
import type { Background } from "./background";
import type { Quality } from "./resolution";

/**
 * What speaks, from context time `since` on: a sound heard `delay` seconds after it passed the tap,
 * or a live source, shown as soon as may be.
 */
export type Speaking =
  | { readonly kind: "file"; readonly since: number; readonly delay: number }
  | { readonly kind: "live"; readonly since: number };

/** Main → one stage of the render worker, over a port of its own. */
export type RenderInput =
  | { readonly type: "clock"; readonly mark: ClockMark }
  | { readonly type: "speaking"; readonly speaking: Speaking | null }
  /** Barge-in: nothing speaks from the next frame on. */
  | { readonly type: "hush" }
  | { readonly type: "visible"; readonly visible: boolean }
  /** The viewer prefers reduced motion. */
  | { readonly type: "still"; readonly still: boolean }
  | {
      readonly type: "expression";
      readonly weights: Readonly<Record<string, number>> | null;
      readonly blendMs: number;
    }
  | { readonly type: "mood"; readonly mood: Mood; readonly blendMs: number }
  | { readonly type: "modules"; readonly modules: Modules }
  | { readonly type: "look"; readonly target: { readonly yaw: number; readonly pitch: number } | null }
  | { readonly type: "background"; readonly background: Background }
  | { readonly type: "quality"; readonly quality: Quality }
  /** What `canvas-wanted` asked for. */
  | { readonly type: "canvas"; readonly canvas: OffscreenCanvas };
