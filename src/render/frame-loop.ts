import type { AudioClock } from "../audio/clock";
import { wallNow } from "../audio/clock";
import type { LipTrack } from "../motion/lip-track";
import type { Mixer } from "../motion/mixer";
import type { Head } from "./head";
import { createLiveDelay } from "./live-delay";
import type { Speaking } from "./messages";
import type { FrameRecord } from "./metrics";

/** A hidden tab or a long stall does not make the idle motion jump. */
const MAX_ELAPSED = 0.1;
const SMOOTHING = 0.2;
/** Seconds after which a missing feature means silence. */
const LATE = 0.5;

export interface FrameLoop {
  speaking: Speaking | null;
  /** Draws at each animation frame while true, one frame at a time. */
  setRunning(running: boolean): void;
}

/**
 * @param onFrame is told of each finished frame.
 * @param onFailure is told what broke a frame; the loop stands until `setRunning(true)`.
 */
export function createFrameLoop(
  head: Head,
  mixer: Mixer,
  track: LipTrack,
  clock: AudioClock,
  onFrame: (frame: FrameRecord) => void,
  onFailure: (cause: unknown) => void,
): FrameLoop {
  const live = createLiveDelay();
  let running = false;
  let last: number | undefined;
  /** Seconds from the start of a frame to its completion, as of late. */
  let frameSeconds: number | undefined;

  /** Context time whose sound goes with a frame begun at `start`. */
  function speechTime(start: number, elapsed: number): number | null {
    const { speaking } = loop;
    if (!speaking) return null;
    if (speaking.kind === "live") {
      const audible = clock.audible(start);
      return audible === null ? null : audible - live.next(audible - track.newest, elapsed);
    }
    // What is drawn now is seen when it is finished.
    const audible = clock.audible(start + 1000 * (frameSeconds ?? 0));
    if (audible === null) return null;
    const wanted = audible - speaking.delay;
    // On a busy machine features come late: the newest stands in, for lips a little late beat lips that shut.
    return wanted - track.newest < LATE ? Math.min(wanted, track.newest) : wanted;
  }

  async function draw(): Promise<void> {
    const start = wallNow();
    const elapsed = last === undefined ? 0 : Math.min((start - last) / 1000, MAX_ELAPSED);
    last = start;
    const { speaking } = loop;
    const shown = speechTime(start, elapsed);
    const stages = await head.show(mixer.next(elapsed, shown));
    const end = wallNow();
    const took = (end - start) / 1000;
    frameSeconds = frameSeconds === undefined ? took : frameSeconds + SMOOTHING * (took - frameSeconds);
    const heard = clock.audible(end);
    const rendered = clock.rendered(end);
    const timed = shown !== null && heard !== null && rendered !== null;
    onFrame({
      ...stages,
      displayedTime: shown,
      skew: timed && speaking?.kind === "file" ? shown - (heard - speaking.delay) : null,
      latency: timed && speaking?.kind === "live" ? rendered - shown : null,
    });
  }

  /** True from the wish for a frame to its completion: never two at a time. */
  let busy = false;
  function next(): void {
    busy = true;
    requestAnimationFrame(() => {
      if (!running) {
        busy = false;
        return;
      }
      draw().then(next, (cause: unknown) => {
        busy = false;
        running = false;
        onFailure(cause);
      });
    });
  }

  const loop: FrameLoop = {
    speaking: null,
    setRunning(wanted) {
      if (wanted === running) return;
      running = wanted;
      last = undefined;
      if (running && !busy) next();
    },
  };
  return loop;
}
