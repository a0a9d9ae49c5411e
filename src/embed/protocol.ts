import type { ExportProgress, VideoOptions } from "../dub/types";
import type { LookTarget } from "../element/types";
import type { ExpressionWeights } from "../motion/expression-names";
import type { Modules } from "../motion/modules";
import type { Mood } from "../motion/mood-names";
import type { ErrorRecord } from "../player/errors";
import type { PlayerMetrics, PlayerProgress, PlayerState } from "../player/types";

/** Grows with every change that an older side would not understand. A frame serves all clients up to its own version. */
export const PROTOCOL = 2;

/** Between the two windows, until a port is there. None of it is a secret. */
export type Greeting =
  /** Page → frame: is anybody there? */
  | { readonly lipsplat: "ask" }
  /** Frame → page, when it is ready to be greeted; another `instance` after it was loaded anew. */
  | { readonly lipsplat: "here"; readonly version: number; readonly instance: string }
  /** Page → frame, with a MessagePort: over that goes everything else. */
  | { readonly lipsplat: "hello"; readonly version: number };

/** A video comes back whole: nothing can be written to the page's disk from another origin. */
export type EmbedVideoOptions = Omit<VideoOptions, "signal" | "onProgress" | "target">;

/** Page → frame. What carries an `id` is answered by `done` or `failed`; what else goes wrong comes as `error`. */
export type ToFrame =
  | { readonly type: "play"; readonly id: number }
  | { readonly type: "dub"; readonly id: number; readonly sound: Blob | string }
  | { readonly type: "attachMicrophone"; readonly id: number; readonly deviceId?: string }
  | { readonly type: "loadAvatar"; readonly id: number; readonly avatar: Blob | string }
  | { readonly type: "flush"; readonly id: number }
  | {
      readonly type: "exportVideo";
      readonly id: number;
      readonly sound: Blob | string;
      readonly options: EmbedVideoOptions;
    }
  /** Of a `dub` or an `exportVideo` under way. */
  | { readonly type: "cancel"; readonly id: number }
  /** The samples are transferred. */
  | { readonly type: "pushAudio"; readonly samples: Int16Array | Float32Array; readonly rate: number }
  | { readonly type: "pause" }
  | { readonly type: "stop" }
  | { readonly type: "interrupt" }
  | { readonly type: "seek"; readonly seconds: number }
  | { readonly type: "volume"; readonly volume: number }
  | { readonly type: "muted"; readonly muted: boolean }
  | { readonly type: "background"; readonly background: string }
  | {
      readonly type: "setExpression";
      readonly weights: ExpressionWeights | null;
      readonly blendMs: number | undefined;
    }
  | { readonly type: "setMood"; readonly mood: Mood; readonly blendMs: number | undefined }
  | { readonly type: "modules"; readonly modules: Partial<Modules> }
  | { readonly type: "lookAt"; readonly target: LookTarget | null };

/** How the head stands, with each event. */
export interface HeadStatus {
  readonly state: PlayerState;
  readonly readyState: 0 | 4;
  readonly paused: boolean;
  readonly ended: boolean;
  readonly currentTime: number;
  readonly duration: number;
  readonly volume: number;
  readonly muted: boolean;
}

/** What the element says, as it goes over the port; a name with its detail. */
export type HeadEvent =
  | { readonly name: "progress"; readonly detail: PlayerProgress }
  | { readonly name: "statechange"; readonly detail: PlayerState }
  | { readonly name: "metrics"; readonly detail: PlayerMetrics }
  | { readonly name: "error" | "fallback"; readonly detail: ErrorRecord }
  | { readonly name: (typeof PLAIN_EVENTS)[number]; readonly detail: null };

/** Those without a detail. */
export const PLAIN_EVENTS = [
  ...(["loadstart", "canplay", "play", "playing", "pause", "timeupdate", "durationchange"] as const),
  ...(["seeked", "volumechange", "ended", "speechstart", "speechend"] as const),
] as const;

/** Frame → page. */
export type ToPage =
  | { readonly type: "welcome"; readonly version: number; readonly status: HeadStatus }
  | { readonly type: "refused"; readonly error: ErrorRecord }
  | { readonly type: "done"; readonly id: number; readonly video?: Blob }
  | { readonly type: "failed"; readonly id: number; readonly error: ErrorRecord }
  /** Of an `exportVideo` under way. */
  | { readonly type: "exporting"; readonly id: number; readonly progress: ExportProgress }
  | { readonly type: "event"; readonly event: HeadEvent; readonly status: HeadStatus };

/** Which of the greetings this is, if any: a window hears from anybody. */
export function readGreeting(data: unknown): Greeting | undefined {
  if (typeof data !== "object" || data === null || !("lipsplat" in data)) return undefined;
  if (data.lipsplat === "ask") return { lipsplat: "ask" };
  if (data.lipsplat !== "here" && data.lipsplat !== "hello") return undefined;
  const version = "version" in data ? data.version : undefined;
  if (typeof version !== "number") return undefined;
  if (data.lipsplat === "hello") return { lipsplat: "hello", version };
  return { lipsplat: "here", version, instance: "instance" in data ? String(data.instance) : "" };
}
