import type { PlayerMetrics } from "../player/types";

/** One finished frame. Times in milliseconds, `skew` and `latency` in seconds. */
export interface FrameRecord {
  readonly deform: number;
  readonly torso: number;
  readonly draw: number;
  /** Of the machine's time since the frame before, which may have gone to others' frames too; null for a first one. */
  readonly costMs: number | null;
  readonly skew: number | null;
  readonly latency: number | null;
  readonly displayedTime: number | null;
}

const PERIOD_MS = 1000;

type FrameMetrics = Omit<PlayerMetrics, "provider" | "renderer" | "passMs" | "scale" | "sound">;

/** Gathers frames and gives their metrics about once a second; `now` in milliseconds. */
export function createMetrics(): {
  add(frame: FrameRecord, now: number): FrameMetrics | undefined;
  /** No frame was asked for meanwhile. */
  restart(): void;
} {
  let since: number | undefined;
  let frames: FrameRecord[] = [];
  return {
    add(frame, now) {
      since ??= now - (frame.deform + frame.torso + frame.draw);
      frames.push(frame);
      if (now - since < PERIOD_MS) return undefined;
      const mean = (of: (frame: FrameRecord) => number) =>
        frames.reduce((sum, f) => sum + of(f), 0) / frames.length;
      const stageMs = {
        deform: mean((f) => f.deform),
        torso: mean((f) => f.torso),
        draw: mean((f) => f.draw),
      };
      const metrics = {
        fps: (1000 * frames.length) / (now - since),
        frames: frames.length,
        frameMs: stageMs.deform + stageMs.torso + stageMs.draw,
        stageMs,
        skews: frames.flatMap((f) => f.skew ?? []),
        latencies: frames.flatMap((f) => f.latency ?? []),
        latencyMs: null,
        displayedTime: frame.displayedTime,
      };
      since = now;
      frames = [];
      return metrics;
    },
    restart() {
      since = undefined;
      frames = [];
    },
  };
}
