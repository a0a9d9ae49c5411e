import type { Modules } from "../motion/modules";
import type { Mood } from "../motion/mood-names";
import type { PlayerOptions } from "../player/types";
import type { Background } from "../render/background";

export type VideoFormat = "mp4" | "webm";

export interface ExportProgress {
  /** Frames in the file so far. */
  readonly done: number;
  /** Frames in all, as the sound's file tells its length; exact at the end. 0 while nothing is known. */
  readonly total: number;
  /** Seconds until the video is there, at the pace so far; null while nothing is known. */
  readonly secondsLeft: number | null;
}

export interface Captions {
  /** A WebVTT file. */
  readonly vtt: string;
  /**
   * `picture` (default): drawn into it, for every player. `track`: a text track, which can be switched off; VLC shows it,
   * ffmpeg and what is built on it does not, nor do browsers: they take the WebVTT itself as `<track>`.
   */
  readonly as?: "picture" | "track";
}

/** What the video is to be; all of it optional. */
export interface VideoOptions {
  /** `mp4` (default): H.264 and AAC. `webm` (default with alpha): VP9 and Opus. */
  readonly format?: VideoFormat;
  /** Nothing behind the person: WebM only, and with an avatar that has a matte. As `background: "transparent"`. */
  readonly alpha?: boolean;
  /** Behind the person; all but "avatar" (default) need an avatar with a matte. */
  readonly background?: Background;
  readonly captions?: Captions;
  /** Of the face; its lips follow the sound. "neutral" by default. */
  readonly mood?: Mood;
  /** Parts to leave out; all are on by default. */
  readonly modules?: Partial<Modules>;
  /** Whole number: another one gives another performance of the same sound, the same one the same. 1 by default. */
  readonly seed?: number;
  /** Frames a second: 25 (default), 30 or 60. */
  readonly fps?: 25 | 30 | 60;
  /** Pixels of the picture's shorter side, 256 to 1080; the avatar's own by default. Rounded down to even. */
  readonly size?: number;
  /** Bits a second of the picture; by default what its size needs for a clean face. */
  readonly videoBitrate?: number;
  /** What draws it; by default whichever is faster here. */
  readonly renderer?: PlayerOptions["renderer"];
  /** Cancels: the promise rejects with `export-cancelled`, and nothing runs on. */
  readonly signal?: AbortSignal;
  onProgress?(progress: ExportProgress): void;
}

export interface ExportOptions extends VideoOptions {
  /** Folder of the avatar bundle (holds avatar.json). */
  readonly avatarUrl: string;
  /** Folder of the speech model (holds speech.json). */
  readonly speechUrl: string;
}

/**
 * Where the video is written as it comes, so that a long one does not live in memory:
 * closed when it is complete, aborted (what was written is dropped) where it fails or is cancelled.
 */
export interface ToDisk {
  readonly target: VideoTarget;
}

/** What of a `FileSystemWritableFileStream` is used. */
export interface VideoTarget {
  /** Some bytes of the beginning come again at the end. A `QuotaExceededError` is told as `disk-full`. */
  write(chunk: { type: "write"; data: Uint8Array<ArrayBuffer>; position: number }): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}
