import type { AudioClock } from "../audio/clock";
import { wallNow } from "../audio/clock";
import type { Conditions } from "../motion/conditions";
import type { LipTrack } from "../motion/lip-track";
import type { Mixer } from "../motion/mixer";
import { nextTask } from "../speech/next-task";
import type { StageMs } from "./head";
import { createLiveDelay } from "./live-delay";
import type { Speaking } from "./messages";
import type { FrameRecord } from "./metrics";
import type { Turns } from "./turns";

/** A hidden tab or a long stall does not make the idle motion jump. */
const MAX_ELAPSED = 0.1;
const SMOOTHING = 0.2;

export interface FrameLoopOptions {
  readonly mixer: Mixer;
  readonly track: LipTrack;
  readonly clock: AudioClock;
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
}

/** @param frameSeconds from the start of a frame to its completion, as of late. */
export function createFrameLoop(options: FrameLoopOptions, frameSeconds: number): FrameLoop {
  const { mixer, track, clock, turns, show, onFrame } = options;
  const live = createLiveDelay();
  let running = false;
  let handle = 0;
  /** True from the wish for a frame to its completion. */
  let busy = false;
  /** The display has shown another frame meanwhile. */
  let due = false;
  let last: number | undefined;
  let lastBusyMs = 0;

  /** Context time whose sound goes with a frame begun at `start`. */
  function speechTime(start: number, elapsed: number): number | null {
    const { speaking } = loop;
    if (!speaking) return null;
    const audible = clock.audible(start);
    if (audible === null) return null;
    if (speaking.kind === "live") return track.nearest(audible - live.next(audible - track.newest, elapsed));
    // What is drawn now is seen when it is finished; but a slow frame looks ahead no further than the features reach.
    const heard = audible - speaking.delay;
    return track.nearest(Math.min(heard + frameSeconds, Math.max(heard, track.newest)));
  }

  async function draw(): Promise<void> {
    // The newest feature waits among the messages that a long frame has kept waiting.
    await nextTask();
    if (!running) return;
    const start = wallNow();
    const elapsed = last === undefined ? 0 : Math.min((start - last) / 1000, MAX_ELAPSED);
    const costMs = last === undefined ? null : turns.busyMs - lastBusyMs;
    last = start;
    lastBusyMs = turns.busyMs;
    const { speaking } = loop;
    const shown = speechTime(start, elapsed);
    const stages = await show(mixer.next(elapsed, shown));
    const end = wallNow();
    frameSeconds += SMOOTHING * ((end - start) / 1000 - frameSeconds);
    const heard = clock.audible(end);
    const rendered = clock.rendered(end);
    const timed = shown !== null && heard !== null && rendered !== null;
    onFrame({
      ...stages,
      costMs,
      displayedTime: shown,
      skew: timed && speaking?.kind === "file" ? shown - (heard - speaking.delay) : null,
      latency: timed && speaking?.kind === "live" ? rendered - shown : null,
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

  function tick(): void {
    handle = requestAnimationFrame(tick);
    if (busy) due = true;
    else begin();
  }

  const loop: FrameLoop = {
    speaking: null,
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
