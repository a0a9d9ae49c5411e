import { LipsplatError } from "../player/errors";
import { createTap, type Tap } from "./tap";

/** How long a browser may take to let sound start. */
const RESUME_TIMEOUT_MS = 2000;

/** The one AudioContext and its tap. */
export interface AudioOutput {
  readonly context: AudioContext;
  /** Rejects with `no-audio-worklet`. */
  readonly tap: Promise<Tap>;
  /** Lets time run. Rejects with `sound-blocked` where the browser wants a click first. */
  resume(): Promise<void>;
}

/** To be called from a user gesture. */
export function createAudioOutput(): AudioOutput {
  const context = new AudioContext({ latencyHint: "interactive" });
  const tap = createTap(context);
  tap.catch(() => undefined);
  return {
    context,
    tap,
    async resume() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const blocked = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new LipsplatError("sound-blocked")), RESUME_TIMEOUT_MS);
      });
      // Without a gesture the browser leaves this pending for ever.
      await Promise.race([context.resume(), blocked]).finally(() => clearTimeout(timer));
    },
  };
}
