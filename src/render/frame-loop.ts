import type { AudioClock } from "../audio/clock";
import { wallNow } from "../audio/clock";
import type { Conditions } from "../motion/conditions";
import { type FeatureTrack, MAX_LATE } from "../motion/feature-track";
import type { Mixer } from "../motion/mixer";
import { nextTask } from "../speech/next-task";
import type { StageMs } from "./head";
import type { Latency } from "./latency";
import type { Speaking } from "./messages";
import type { FrameRecord } from "./metrics";
import type { Turns } from "./turns";

/** A hidden tab or a long stall does not make the idle motion jump. */
const MAX_ELAPSED = 0.1;
const SMOOTHING = 0.2;
/** Live features come every 20 ms; without them the display beats time again. */
const LIP_GAP_MS = 50;

export interface FrameLoopOptions {
  readonly mixer: Mixer;
  /** Lip features. */
  readonly track: FeatureTrack;
  readonly clock: AudioClock;
  readonly latency: Latency;
  /** Shared by all loops of this thread. */
  readonly turns: Turns;
  /** Resolves when the frame is finished. */
  show(conditions: Conditions): Promise<StageMs>;
  onFrame(frame: FrameRecord): void;
}

export interface FrameLoop {
  speaking: Speaking | null;
  /** Draws while true, as often as the display shows, one frame at a time; a frame that breaks ends it. */
  running: boolean;
  /** Features have come: of a live source each is shown at once. */
  onLip(): void;
}

/** @param frameSeconds from the start of a frame to its completion, as of late. */
export function createFrameLoop(options: FrameLoopOptions, frameSeconds: number): FrameLoop {
  const { mixer, track, clock, latency, turns, show, onFrame } = options;
  let running = false;
  let handle = 0;
  /** True from the wish for a frame to its completion. */
  let busy = false;
  /** The display has shown another frame meanwhile. */
  let due = false;
  let last: number | undefined;
  let lastBusyMs = 0;
  let lastLip = Number.NEGATIVE_INFINITY;

  /** Context time whose sound goes with a frame begun at `start`. */
  function speechTime(start: number): number | null {
    const { speaking } = loop;
    const audible = clock.audible(start);
    const rendered = clock.rendered(start);
    if (!speaking || audible === null || rendered === null) return null;
    if (speaking.kind === "live") return rendered - track.newest < MAX_LATE ? track.newest : null;
    // What is drawn now is seen when it is finished; but a slow frame looks ahead no further than the features reach.
    const heard = audible - speaking.delay;
    return track.nearest(Math.min(heard + frameSeconds, Math.max(heard, track.newest)));
  }

  async function draw(): Promise<void> {
    // The newest feature waits behind others that a long frame has kept waiting, and each takes a task of its own.
    for (let newest = Number.NaN; newest !== track.newest; ) {
      newest = track.newest;
      await nextTask();
    }
    if (!running) return;
    const start = wallNow();
    const elapsed = last === undefined ? 0 : Math.min((start - last) / 1000, MAX_ELAPSED);
    const costMs = last === undefined ? null : turns.busyMs - lastBusyMs;
    last = start;
    lastBusyMs = turns.busyMs;
    const { speaking } = loop;
    const shown = speechTime(start);
    const stages = await show(mixer.next(elapsed, shown));
    const end = wallNow();
    frameSeconds += SMOOTHING * ((end - start) / 1000 - frameSeconds);
    const heard = clock.audible(end);
    const rendered = clock.rendered(end);
    const timed = shown !== null && heard !== null && rendered !== null;
    onFrame({
      ...stages,
      ...mixer.spent(),
      costMs,
      displayedTime: shown,
      skew: timed && speaking?.kind === "file" ? shown - (heard - speaking.delay) : null,
      latency: timed && speaking?.kind === "live" ? rendered - shown : null,
      latencyMs: timed ? latency.of(shown, start, end) : null,
    });
  }

  function begin(): void {
    busy = true;
    due = false;
    turns.take(draw).then(
      () => {
        busy = false;
        if (running && due) begin();
      },
      () => {
        busy = false;
        loop.running = false;
      },
    );
  }

  /** Wishes for a frame, which follows the one under way. */
  function wish(): void {
    if (busy) due = true;
    else begin();
  }

  function tick(): void {
    handle = requestAnimationFrame(tick);
    // The display's beat would keep a live feature waiting: there the features beat time, as long as they come.
    if (wallNow() - lastLip > LIP_GAP_MS) wish();
  }

  const loop: FrameLoop = {
    speaking: null,
    onLip() {
      if (!running || loop.speaking?.kind !== "live") return;
      lastLip = wallNow();
      wish();
    },
    get running() {
      return running;
    },
    set running(wanted) {
      if (wanted === running) return;
      running = wanted;
      last = undefined;
      if (running) handle = requestAnimationFrame(tick);
      else cancelAnimationFrame(handle);
    },
  };
  return loop;
}
