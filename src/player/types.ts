import type { Conditions } from "../motion/conditions";
import type { Modules } from "../motion/modules";
import type { Mood } from "../motion/mood-names";
import type { Background } from "../render/background";
import type { Quality } from "../render/resolution";
import type { LipsplatError } from "./errors";

/** loading → idle ⇄ (decoding →) playing ⇄ paused, or listening (microphone); failed needs a new player. */
export type PlayerState = "loading" | "idle" | "decoding" | "playing" | "paused" | "listening" | "failed";

export interface PlayerProgress {
  readonly phase: "download" | "compile" | "warm-up";
  readonly loaded: number;
  /** Bytes while downloading (0 until known), steps otherwise. */
  readonly total: number;
}

/** Where the time from a sample to its pixel goes, on the audio clock; medians over the frames since the last post, milliseconds. */
export interface LatencyMs {
  /** From the air to the audio graph: what the browser tells of the microphone, often 0. */
  readonly capture: number;
  /** From the newest sample's entry into the graph to the encoder: a whole hop is waited for, and resampled. */
  readonly tap: number;
  readonly encode: number;
  /** From the feature being ready to the frame that shows it; of a sound that is played, its delay is in it. */
  readonly wait: number;
  readonly draw: number;
  /** Sound after the instant it describes that a feature takes in. */
  readonly lookAhead: number;
  /** From the sound a frame shows to the frame: all of the above. */
  readonly total: number;
}

/** What has happened to the sound since the last post. */
export interface SoundMetrics {
  /** Of the source, Hz; 0 where nothing speaks. */
  readonly rate: number;
  /** Times that a source ran dry. */
  readonly stalls: number;
  /** Samples at or beyond full scale. */
  readonly clipped: number;
  /** Samples that were NaN or Inf, heard as silence. */
  readonly notFinite: number;
  /** Samples that were lost or, by `interrupt`, never heard. */
  readonly dropped: number;
}

/** Posted about once a second while the head is drawn; milliseconds are means over the frames since the last post. */
export interface PlayerMetrics {
  readonly fps: number;
  readonly frames: number;
  /** From the start of a frame to the completion of its GPU or WASM work. */
  readonly frameMs: number;
  readonly stageMs: {
    readonly deform: number;
    readonly torso: number;
    readonly draw: number;
    /** Beside the frame: what makes the upper face, and what maps it into the avatar's own. */
    readonly generator: number;
    readonly codec: number;
  };
  /** Milliseconds per GPU pass of the last frame; empty where the device cannot tell. */
  readonly passMs: Readonly<Record<string, number>>;
  /** What runs deform.onnx. */
  readonly provider: "fused" | "onnx";
  readonly renderer: "webgpu" | "cpu";
  /** Share of the avatar's own width and height that is drawn: less than 1 where the machine is too slow for it. */
  readonly scale: number;
  /** Stamp of each frame on screen minus the audible time at its completion, seconds; empty while nothing plays. */
  readonly skews: readonly number[];
  /** Microphone: completion of each frame minus the time at which the sound it shows entered the tap, look-ahead included, seconds. */
  readonly latencies: readonly number[];
  /** Where that time goes, of every source; null in silence. */
  readonly latencyMs: LatencyMs | null;
  readonly sound: SoundMetrics;
  /** Presentation time of the last frame on the source's own time line, seconds; null in silence. */
  readonly displayedTime: number | null;
}

export interface PlayerOptions {
  /** Takes the avatar's size. Where the head has to be set up anew, a clone takes its place in the page. */
  readonly canvas: HTMLCanvasElement;
  /** Folder of the avatar bundle (holds avatar.json). */
  readonly avatarUrl: string;
  /** Folder of the speech model (holds speech.json). */
  readonly speechUrl: string;
  /** `auto`: WebGPU on a graphics card, else the CPU. A software WebGPU is only taken where it is asked for. */
  readonly renderer?: "auto" | "webgpu" | "cpu";
  /** Behind the person from the first frame on. */
  readonly background?: Background;
  /** Asked of the microphone; echo, noise and gain control by default. */
  readonly microphone?: MediaTrackConstraints;
  onProgress?(progress: PlayerProgress): void;
  onState?(state: PlayerState): void;
  onMetrics?(metrics: PlayerMetrics): void;
  /** A voice has begun or ended in what is heard. */
  onSpeech?(speaking: boolean): void;
  /** Failures and notices that belong to no call; those of a call reject its promise and are not repeated here. */
  onError?(error: LipsplatError): void;
}

export interface Player {
  /** Reads, decodes and plays a sound; resolves when it starts to be heard. Call it from a user gesture. */
  playFile(file: Blob | URL | string, signal?: AbortSignal): Promise<void>;
  /** Plays a stream's sound, delayed by what the face needs, until `stop` or its end. Call it from a user gesture. */
  playStream(stream: MediaStream): Promise<void>;
  /** The same for an `<audio>` or `<video>`, which is heard through the player from then on. */
  playElement(media: HTMLMediaElement): Promise<void>;
  /**
   * Appends sound to what is pushed, played in order and without a gap at any chunk size; a pushed source opens by itself,
   * and ends with `flush`, `interrupt` or `stop`. Running dry is silence, and the mouth shuts.
   * @param rate Hz, 3000 … 768000. @throws LipsplatError `bad-sound`.
   */
  pushAudio(samples: Int16Array | Float32Array, rate: number): void;
  /** Resolves when all that was pushed has been heard; the source ends then. */
  flush(): Promise<void>;
  /** Sound and face stop in the same frame; what was not heard yet is dropped. Idle, and ready at once. */
  interrupt(): void;
  /** To this many seconds of a file; nothing for what has no end. */
  seek(seconds: number): void;
  /** Of what is heard, 0 … 1. */
  volume: number;
  muted: boolean;
  /** While listening, for a level meter. */
  readonly microphone: MediaStream | null;
  /** What is heard, silence between sources too; for a capture of the canvas. */
  sound(): MediaStream;
  /** Weights by the names of `avatar.json`'s expression, over the idle motion; null gives it back. */
  setExpression(weights: Readonly<Record<string, number>> | null, blendMs?: number): void;
  /** Of the upper face, the smile and the head; lips go on to follow the sound. */
  setMood(mood: Mood, blendMs?: number): void;
  /** What of generator, codec and restorer takes part. */
  modules: Modules;
  /** Radians from the camera; null: eyes wander again. */
  lookAt(target: { readonly yaw: number; readonly pitch: number } | null): void;
  setBackground(background: Background): void;
  /** Pixels or rate, where the machine cannot have both. */
  quality: Quality;
  /**
   * The face follows the microphone until `stop`; nothing goes to the speakers. Call it from a user gesture.
   * @param device its id, or what is asked of it beside the player's `microphone`.
   */
  startMicrophone(device?: string | MediaTrackConstraints): Promise<void>;
  stop(): void;
  pause(): void;
  resume(): void;
  readonly state: PlayerState;
  /** Audible position in seconds; 0 when nothing plays. */
  readonly currentTime: number;
  /** Seconds; 0 when nothing plays, Infinity for the microphone. */
  readonly duration: number;
  readonly renderer: "webgpu" | "cpu";
  /** The statement of the person whose face this is; null: nobody has given one. */
  readonly consent: string | null;
  /** While true the picture stands: something else needs the machine. */
  held: boolean;
  /** The frame that the live path draws for these conditions, at the avatar's own size. */
  snapshot(conditions: Conditions): Promise<ImageData>;
  /** Lip features of a whole sound, through the same encoder: `times` [n] in seconds, `lip` [n · 32]. */
  encode(pcm16k: Float32Array): Promise<{ times: Float64Array; lip: Float32Array }>;
  destroy(): void;
}
