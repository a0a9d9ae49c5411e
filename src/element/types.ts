import type { LipsplatError } from "../player/errors";
import type { PlayerMetrics, PlayerProgress, PlayerState } from "../player/types";

/** `auto`: gives up pixels before it gives up 25 frames a second. `full`: never gives up pixels. `low`: the fewest pixels, the least work. */
export type { Quality } from "../render/resolution";

/** What the element says, beside the DOM's own events. Those without a detail are plain events, as a media element's. */
export interface LipSplatEventMap {
  /** The head begins to load. */
  loadstart: Event;
  progress: CustomEvent<PlayerProgress>;
  /** The head lives: `readyState` is `HAVE_ENOUGH_DATA`. */
  canplay: Event;
  /** `paused` turns false. */
  play: Event;
  /** A sound starts, or goes on, to be heard. */
  playing: Event;
  /** `paused` turns true. */
  pause: Event;
  /** Four times a second while something plays, and after each seek. */
  timeupdate: Event;
  durationchange: Event;
  seeked: Event;
  volumechange: Event;
  /** A sound has come to its own end. */
  ended: Event;
  /** A voice begins, or ends, in what is heard. */
  speechstart: Event;
  speechend: Event;
  statechange: CustomEvent<PlayerState>;
  /** About once a second while the head is drawn. */
  metrics: CustomEvent<PlayerMetrics>;
  /** The head goes on by lesser means (`no-webgpu`, `gpu-too-small`, `torso-undecodable`). */
  fallback: CustomEvent<LipsplatError>;
  /** `error` is a LipsplatError. Failures of a call reject its promise and are not repeated here. */
  error: ErrorEvent;
}

export interface DubOptions {
  /** Cancels the reading of the sound: the promise rejects with `decode-aborted`. */
  readonly signal?: AbortSignal;
}

/** Where to look: radians, yaw to the right of the picture, pitch upwards, both 0 into the camera; or a point of the window, CSS pixels. */
export type LookTarget =
  | { readonly yaw: number; readonly pitch: number }
  | { readonly x: number; readonly y: number };

/**
 * What the texts of the element say; `{…}` is filled in. `errors` gives, by an error's code, what happened and what to do;
 * `%` there is the error's own detail.
 */
export interface Strings {
  readonly head: string;
  readonly loading: string;
  readonly download: string;
  readonly compile: string;
  readonly warmUp: string;
  /** Of `{loaded}` and `{total}`. */
  readonly megabytes: string;
  readonly steps: string;
  readonly retry: string;
  /** Over a face whose owner's consent nobody has stated. */
  readonly noConsent: string;
  readonly controls: string;
  readonly play: string;
  readonly pause: string;
  readonly stop: string;
  readonly talk: string;
  readonly stopTalking: string;
  readonly mute: string;
  readonly unmute: string;
  readonly volume: string;
  readonly seek: string;
  /** `{time}` of `{duration}`, for those who hear the slider. */
  readonly position: string;
  readonly live: string;
  readonly errors?: Readonly<Partial<Record<LipsplatError["code"], readonly [what: string, todo: string]>>>;
}
