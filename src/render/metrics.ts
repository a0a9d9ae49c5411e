import type { FrameMetrics } from "../player/rpc";
import type { LatencyMs } from "../player/types";

/** One finished frame. Times in milliseconds, `skew` and `latency` in seconds. */
export interface FrameRecord {
  readonly deform: number;
  readonly torso: number;
  readonly draw: number;
  readonly generator: number;
  readonly codec: number;
  /** Of the machine's time since the frame before, which may have gone to others' frames too; null for a first one. */
  readonly costMs: number | null;
  readonly skew: number | null;
  readonly latency: number | null;
  readonly latencyMs: LatencyMs | null;
  readonly displayedTime: number | null;
}

const PERIOD_MS = 1000;

type Gathered = Omit<FrameMetrics, "provider" | "renderer" | "passMs" | "scale">;

/** Gathers frames and gives their metrics about once a second; `now` in milliseconds. */
export function createMetrics(): {
  add(frame: FrameRecord, now: number): Gathered | undefined;
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
        generator: mean((f) => f.generator),
        codec: mean((f) => f.codec),
      };
      const metrics = {
        fps: (1000 * frames.length) / (now - since),
        frames: frames.length,
        frameMs: stageMs.deform + stageMs.torso + stageMs.draw,
        stageMs,
        skews: frames.flatMap((f) => f.skew ?? []),
        latencies: frames.flatMap((f) => f.latency ?? []),
        latencyMs: medians(frames.flatMap((f) => f.latencyMs ?? [])),
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

function medians(all: readonly LatencyMs[]): LatencyMs | null {
  if (all.length === 0) return null;
  const median = (of: (latency: LatencyMs) => number) =>
    all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  return {
    capture: median((l) => l.capture),
    tap: median((l) => l.tap),
    encode: median((l) => l.encode),
    wait: median((l) => l.wait),
    draw: median((l) => l.draw),
    lookAhead: median((l) => l.lookAhead),
    total: median((l) => l.total),
  };
}
