import { exportVideo } from "./export";
import type { ExportOptions } from "./types";

export interface DubSpeed {
  /** Seconds of video made in a second, from the first frame to the finished file: drawn, encoded and muxed. */
  readonly speed: number;
  /** The same with the start: models loaded, sessions made. */
  readonly speedWithStart: number;
  readonly frames: number;
}

/** Times one video. For a figure of the machine alone, nothing else may be drawn meanwhile. */
export async function measureDubSpeed(src: Blob | URL | string, options: ExportOptions): Promise<DubSpeed> {
  const began = performance.now();
  let firstAt = 0;
  let firstDone = 0;
  let frames = 0;
  await exportVideo(src, {
    ...options,
    onProgress(progress) {
      firstAt ||= performance.now();
      firstDone ||= progress.done;
      frames = progress.done;
    },
  });
  const ended = performance.now();
  const fps = options.fps ?? 25;
  return {
    speed: ((frames - firstDone) / fps) * (1000 / (ended - firstAt)),
    speedWithStart: (frames / fps) * (1000 / (ended - began)),
    frames,
  };
}
