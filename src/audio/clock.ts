/** One reading of the audio clock against the wall clock. */
export interface ClockMark {
  /** AudioContext time of the sample that is being heard, seconds. */
  readonly audibleTime: number;
  /** When that was so, milliseconds since the epoch: comparable between threads. */
  readonly wallTime: number;
  /** By how much the graph runs ahead of what is heard, seconds. */
  readonly lead: number;
  /** False while the context is suspended: time stands. */
  readonly running: boolean;
}

export interface AudioClock {
  update(mark: ClockMark): void;
  /** AudioContext time of the sample heard at `wallTime` (ms since the epoch); null before the first mark. */
  audible(wallTime: number): number | null;
  /** AudioContext time that the graph renders at `wallTime`. */
  rendered(wallTime: number): number | null;
}

/** Milliseconds since the epoch, at the resolution of performance.now(); the same in every thread. */
export const wallNow = (): number => performance.timeOrigin + performance.now();

// Marks jitter by the audio callback's period; a jump beyond this is a real one (a new device, a resume).
const JUMP_SECONDS = 0.05;
const SMOOTHING = 0.15;

/** Follows the audio clock between its marks at the rate of the wall clock, their jitter smoothed out. */
export function createAudioClock(): AudioClock {
  let mark: ClockMark | undefined;
  /** audible time − wall time, seconds. */
  let offset = 0;
  let lead = 0;
  const audible = (wallTime: number): number | null => {
    if (!mark) return null;
    return mark.running ? wallTime / 1000 + offset : mark.audibleTime;
  };
  return {
    update(next) {
      const seen = next.audibleTime - next.wallTime / 1000;
      const steady = mark?.running === next.running && Math.abs(seen - offset) < JUMP_SECONDS;
      offset = steady ? offset + SMOOTHING * (seen - offset) : seen;
      lead = steady ? lead + SMOOTHING * (next.lead - lead) : next.lead;
      mark = next;
    },
    audible,
    rendered(wallTime) {
      const time = audible(wallTime);
      return time === null ? null : time + lead;
    },
  };
}

/** Reads where the context is: from its output timestamp, or its outputLatency where there is none yet. */
export function readClock(context: AudioContext): ClockMark {
  const running = context.state === "running";
  const stamp = context.getOutputTimestamp();
  const now = performance.now();
  const current = context.currentTime;
  // Both are 0 until the device has played something.
  if (running && stamp.contextTime && stamp.performanceTime) {
    const audibleNow = stamp.contextTime + (now - stamp.performanceTime) / 1000;
    return {
      audibleTime: audibleNow,
      wallTime: performance.timeOrigin + now,
      lead: current - audibleNow,
      running,
    };
  }
  const lead = context.outputLatency || context.baseLatency || 0;
  return { audibleTime: current - lead, wallTime: performance.timeOrigin + now, lead, running };
}
