import type { ClockMark } from "../audio/clock";

/** What speaks: a sound heard `delay` seconds after it passed the tap, or a live source, shown as soon as may be. */
export type Speaking = { readonly kind: "file"; readonly delay: number } | { readonly kind: "live" };

/** Main → render worker, over a port of its own. */
export type RenderInput =
  | { readonly type: "clock"; readonly mark: ClockMark }
  | { readonly type: "speaking"; readonly speaking: Speaking | null }
  | { readonly type: "visible"; readonly visible: boolean };
