import type { Conditions } from "../motion/conditions";
import type { LipsplatError } from "./errors";

/** loading → idle ⇄ (decoding →) playing ⇄ paused, or listening (microphone); failed needs a new player. */
export type PlayerState = "loading" | "idle" | "decoding" | "playing" | "paused" | "listening" | "failed";

export interface PlayerProgress {
  readonly phase: "download" | "compile" | "warm-up";
  readonly loaded: number;
  /** Bytes while downloading (0 until known), steps otherwise. */
  readonly total: number;
}

/** Posted about once a second while the head is drawn; milliseconds are means over the frames since the last post. */
export interface PlayerMetrics {
  readonly fps: number;
  readonly frames: number;
  /** From the start of a frame to the completion of its GPU or WASM work. */
  readonly frameMs: number;
  readonly stageMs: { readonly deform: number; readonly torso: number; readonly draw: number };
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
  /** Asked of the microphone; echo, noise and gain control by default. */
  readonly microphone?: MediaTrackConstraints;
  onProgress?(progress: PlayerProgress): void;
  onState?(state: PlayerState): void;
  onMetrics?(metrics: PlayerMetrics): void;
  /** Failures and notices that belong to no call; those of a call reject its promise and are not repeated here. */
  onError?(error: LipsplatError): void;
}

export interface Player {
  /** Reads, decodes and plays a sound; resolves when it starts to be heard. Call it from a user gesture. */
  playFile(file: Blob | URL | string, signal?: AbortSignal): Promise<void>;
  /** The face follows the microphone until `stop`; nothing goes to the speakers. Call it from a user gesture. */
  startMicrophone(deviceId?: string): Promise<void>;
  stop(): void;
  pause(): void;
  resume(): void;
  readonly state: PlayerState;
  /** Audible position in seconds; 0 when nothing plays. */
  readonly currentTime: number;
  /** Seconds; 0 when nothing plays, Infinity for the microphone. */
  readonly duration: number;
  readonly renderer: "webgpu" | "cpu";
  /** While true the picture stands: something else needs the machine. */
  held: boolean;
  /** The frame that the live path draws for these conditions, at the avatar's own size. */
  snapshot(conditions: Conditions): Promise<ImageData>;
  /** Lip features of a whole sound, through the same encoder: `times` [n] in seconds, `lip` [n · 32]. */
  encode(pcm16k: Float32Array): Promise<{ times: Float64Array; lip: Float32Array }>;
  destroy(): void;
}
