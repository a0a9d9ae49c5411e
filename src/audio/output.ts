import { LipsplatError } from "../player/errors";
import { createTap, type Tap, type TapCounts } from "./tap";

/** How long a browser may take to let sound start. */
const RESUME_TIMEOUT_MS = 2000;
/** The next source within this time starts at once. */
const REST_AFTER_MS = 3000;

/** The one AudioContext, its tap and its loudspeaker. */
export interface AudioOutput {
  readonly context: AudioContext;
  /** Rejects with `no-audio-worklet`. */
  readonly tap: Promise<Tap>;
  /** What is connected here is heard. */
  readonly speaker: GainNode;
  /** What is heard. */
  stream(): MediaStream;
  /** Lets time run. Rejects with `sound-blocked` where the browser wants a click first. */
  resume(): Promise<void>;
  /** Lets time stand, now or, to save power, when nothing has come for a while. */
  suspend(when: "now" | "soon"): Promise<void>;
  destroy(): void;
}

/**
 * To be called from a user gesture.
 * @param latencyHint as AudioContext takes it: 0 is the least there is, where a crackle harms nobody.
 */
export function createAudioOutput(
  latencyHint: AudioContextLatencyCategory | 0,
  onCounts: (counts: Readonly<TapCounts>) => void,
): AudioOutput {
  const context = new AudioContext({ latencyHint });
  const tap = createTap(context, onCounts);
  tap.catch(() => undefined);
  const speaker = new GainNode(context);
  speaker.connect(context.destination);
  let recorder: MediaStreamAudioDestinationNode | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;
  return {
    context,
    tap,
    speaker,
    stream() {
      if (!recorder) {
        recorder = new MediaStreamAudioDestinationNode(context);
        speaker.connect(recorder);
      }
      return recorder.stream;
    },
    async resume() {
      clearTimeout(resting);
      if (context.state === "running") return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const blocked = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new LipsplatError("sound-blocked")), RESUME_TIMEOUT_MS);
      });
      // Without a gesture the browser leaves this pending for ever.
      await Promise.race([context.resume(), blocked]).finally(() => clearTimeout(timer));
    },
    async suspend(when) {
      clearTimeout(resting);
      if (when === "soon") resting = setTimeout(() => void context.suspend(), REST_AFTER_MS);
      else await context.suspend();
    },
    destroy() {
      clearTimeout(resting);
      void context.close();
    },
  };
}
