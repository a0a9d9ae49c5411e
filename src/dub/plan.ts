import { ALL_MODULES, amissModules, type Modules } from "../motion/modules";
import { isMood, MOODS, type Mood } from "../motion/mood-names";
import { LipsplatError } from "../player/errors";
import type { Background } from "../render/background";
import { type Cue, readCaptions } from "./captions";
import type { Captions, VideoFormat, VideoOptions } from "./types";

export const RATES = [25, 30, 60] as const;
export const MIN_SIZE = 256;
export const MAX_SIZE = 1080;

/** A checked wish for a video; crosses to the worker. */
export interface VideoPlan {
  readonly format: VideoFormat;
  readonly fps: (typeof RATES)[number];
  /** Pixels of the shorter side; undefined: the avatar's own. */
  readonly size: number | undefined;
  readonly videoBitrate: number | undefined;
  /** The picture's transparency is encoded too: exactly where the background is "transparent". */
  readonly alpha: boolean;
  readonly background: Background;
  readonly captions: readonly Cue[];
  readonly captionsAs: NonNullable<Captions["as"]>;
  readonly mood: Mood;
  readonly modules: Modules;
  readonly seed: number;
}

/** @throws LipsplatError `bad-option`, naming the option and what it may be. */
export function planVideo(options: VideoOptions): VideoPlan {
  const { fps = 25, size, videoBitrate, captions, mood = "neutral", modules = {}, seed = 1 } = options;
  const { background = options.alpha ? "transparent" : "avatar" } = options;
  const alpha = background === "transparent";
  const { format = alpha ? "webm" : "mp4" } = options;
  if (!["mp4", "webm"].includes(format)) refuse(`format is ${format}: it must be mp4 or webm`);
  if (!RATES.includes(fps)) refuse(`fps is ${fps}: it must be 25, 30 or 60`);
  if (size !== undefined && !(size >= MIN_SIZE && size <= MAX_SIZE))
    refuse(`size is ${size}: it must be ${MIN_SIZE} to ${MAX_SIZE} pixels`);
  if (videoBitrate !== undefined && !(videoBitrate >= 1e4 && videoBitrate <= 1e8))
    refuse(`videoBitrate is ${videoBitrate}: it must be 10 thousand to 100 million bits a second`);
  if (options.alpha !== undefined && options.alpha !== alpha)
    refuse(`alpha is ${options.alpha}: that contradicts the background`);
  if (!isMood(mood)) refuse(`mood is ${mood}: it must be one of ${MOODS.join(", ")}`);
  const amiss = amissModules(modules);
  if (amiss) throw new LipsplatError("bad-option", amiss);
  if (!Number.isSafeInteger(seed)) refuse(`seed is ${seed}: it must be a whole number`);
  const captionsAs = captions?.as ?? "picture";
  if (!["picture", "track"].includes(captionsAs))
    refuse(`captions.as is ${captionsAs}: it must be picture or track`);
  if (alpha && format === "mp4") refuse("mp4 has no transparency: the format must be webm");
  return {
    format,
    fps,
    size,
    videoBitrate: videoBitrate && Math.round(videoBitrate),
    alpha,
    background,
    captions: captions ? readCaptions(captions.vtt) : [],
    captionsAs,
    mood,
    modules: { ...ALL_MODULES, ...modules },
    seed,
  };
}

function refuse(what: string): never {
  throw new LipsplatError("bad-option", `${what}.`);
}

/** Width and height with the canvas' proportions, the shorter side `size`; even, as 4:2:0 needs it. */
export function videoSize(
  canvas: { readonly width: number; readonly height: number },
  size = Math.min(canvas.width, canvas.height),
): { width: number; height: number } {
  const scale = size / Math.min(canvas.width, canvas.height);
  const even = (x: number) => Math.max(2, 2 * Math.floor((x * scale) / 2 + 1e-6));
  return { width: even(canvas.width), height: even(canvas.height) };
}

/** Frames that cover a sound: frame i stands for [i/fps, (i + 1)/fps), and every sample has its frame. At least one. */
export function frameCount(samples: number, rate: number, fps: number): number {
  return Math.max(1, Math.ceil((samples * fps) / rate));
}

/** The time whose sound and motion frame i shows, seconds. */
export const frameTime = (i: number, fps: number): number => (i + 0.5) / fps;
