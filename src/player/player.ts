import { readClock } from "../audio/clock";
import { decodeSound } from "../audio/decode";
import { type AudioOutput, createAudioOutput } from "../audio/output";
import { openMicrophone, playBuffer, type Source } from "../audio/sources";
import type { Tap } from "../audio/tap";
import type { Speaking } from "../render/messages";
import type { Quality } from "../render/resolution";
import { startEngine } from "./engine";
import { LipsplatError } from "./errors";
import type { Player, PlayerOptions, PlayerState } from "./types";

export type { Conditions } from "../motion/conditions";
export { LipsplatError, type LipsplatErrorCode } from "./errors";
export type {
  LatencyMs,
  Player,
  PlayerMetrics,
  PlayerOptions,
  PlayerProgress,
  PlayerState,
  SoundMetrics,
} from "./types";

const CLOCK_PERIOD_MS = 100;
/** From a sample at the tap to its lip feature in the render worker: look-ahead, a hop, resampler, encoder; seconds. */
const FEATURE_DELAY = 0.12;
/** The sound of a file waits at least this long for its face. */
const MIN_DELAY = 0.15;
const MICROPHONE: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** Resolves when the first live frame is on the canvas; rejects with a `LipsplatError`. */
export async function createPlayer(options: PlayerOptions): Promise<Player> {
  let state: PlayerState = "loading";
  let quality: Quality = "auto";
  let audio: AudioOutput | undefined;
  let source: Source | undefined;
  /** Cancels the opening under way. */
  let opening = new AbortController();
  let frameSeconds = 0;

  function setState(next: PlayerState): void {
    if (next === state || state === "failed") return;
    state = next;
    options.onState?.(state);
  }

  setState("loading");
  const engine = await startEngine(options, {
    onMetrics(metrics) {
      frameSeconds = metrics.frameMs / 1000;
      const { displayedTime } = metrics;
      options.onMetrics?.({
        ...metrics,
        sound: { rate: 0, stalls: 0, clipped: 0, notFinite: 0, dropped: 0 },
        displayedTime: source && displayedTime !== null ? displayedTime - source.startTime : null,
      });
    },
    onError: (error) => options.onError?.(error),
    onFailed(error) {
      endSource();
      setState("failed");
      options.onError?.(error);
    },
    onStageRestart() {
      // Nothing speaks yet.
      if (state !== "loading") tellSpeaking();
    },
  });
  frameSeconds = engine.frameMs / 1000;

  /** Tells the stage what speaks now, and the time: again and again as long as something does. */
  function tellSpeaking(): void {
    engine.stage.post({ type: "speaking", speaking: speaking() });
    tellClock();
    clearInterval(ticker);
    if (speaking()) ticker = setInterval(tick, CLOCK_PERIOD_MS);
  }

  function speaking(): Speaking | null {
    if (!source || (state !== "playing" && state !== "listening")) return null;
    const { startTime: since, delay } = source;
    return delay === null ? { kind: "live", since } : { kind: "file", since, delay };
  }

  function tellClock(): void {
    if (audio) engine.stage.post({ type: "clock", mark: readClock(audio.context) });
  }

  /** Seconds of the source that have been heard (a microphone: have come in). */
  function position(): number {
    if (!audio || !source) return 0;
    const { audibleTime, lead } = readClock(audio.context);
    const time = source.delay === null ? audibleTime + lead : audibleTime - source.delay;
    return Math.max(0, Math.min(source.duration, time - source.startTime));
  }

  let ticker: ReturnType<typeof setInterval> | undefined;
  function tick(): void {
    tellClock();
    if (state === "playing" && source && position() >= source.duration) stop();
  }

  function endSource(): void {
    source?.stop();
    source = undefined;
    void audio?.tap.then((tap) => tap.end()).catch(() => undefined);
  }

  function stop(): void {
    opening.abort();
    endSource();
    setState("idle");
    tellSpeaking();
    void audio?.context.suspend();
  }

  /** Ends what plays, opens a new source and lets it speak. The context is made at once: that takes a user gesture. */
  async function open(
    signal: AbortSignal | undefined,
    start: (output: AudioOutput, tap: Tap, signal: AbortSignal) => Promise<Source>,
  ): Promise<void> {
    opening.abort();
    const mine = new AbortController();
    opening = mine;
    const either = signal ? AbortSignal.any([signal, mine.signal]) : mine.signal;
    audio ??= createAudioOutput();
    const output = audio;
    const running = output.resume();
    running.catch(() => undefined);
    endSource();
    tellSpeaking();
    try {
      const tap = await output.tap;
      await engine.join(tap);
      await running;
      const opened = await start(output, tap, either);
      if (either.aborted) {
        opened.stop();
        throw new LipsplatError("decode-aborted");
      }
      source = opened;
    } catch (error) {
      if (opening === mine) stop();
      throw error;
    }
    setState(source.delay === null ? "listening" : "playing");
    tellSpeaking();
  }

  async function playFile(file: Blob | URL | string, signal?: AbortSignal): Promise<void> {
    await open(signal, async (output, tap, either) => {
      setState("decoding");
      const buffer = await decodeSound(output.context, file, either);
      tap.begin();
      return playBuffer(output.context, buffer, tap.node, Math.max(MIN_DELAY, FEATURE_DELAY + frameSeconds));
    });
    const playing = source;
    await new Promise<void>((resolve) => {
      const look = () => (source !== playing || position() > 0 ? resolve() : void setTimeout(look, 10));
      look();
    });
  }

  async function startMicrophone(device?: string | MediaTrackConstraints): Promise<void> {
    await open(undefined, async ({ context }, tap) => {
      const constraints = {
        ...MICROPHONE,
        ...options.microphone,
        ...(typeof device === "string" ? { deviceId: { exact: device } } : device),
      };
      const opened = await openMicrophone(context, tap.node, constraints, () => {
        stop();
        options.onError?.(new LipsplatError("microphone-unplugged"));
      });
      tap.begin();
      return opened;
    });
  }

  function pause(): void {
    if (state !== "playing" && state !== "listening") return;
    setState("paused");
    void audio?.context.suspend().then(tellSpeaking);
    tellSpeaking();
  }

  function resume(): void {
    if (state !== "paused" || !audio || !source) return;
    const resumed = source;
    audio.resume().then(
      () => {
        if (source !== resumed) return;
        setState(resumed.delay === null ? "listening" : "playing");
        tellSpeaking();
      },
      (error: LipsplatError) => options.onError?.(error),
    );
  }

  // The new sources take the places of these in the next commits.
  const soon = (name: string) => new LipsplatError("bad-option", `${name} is not there yet.`);

  setState("idle");
  return {
    playStream: () => Promise.reject(soon("playStream")),
    playElement: () => Promise.reject(soon("playElement")),
    pushAudio() {
      throw soon("pushAudio");
    },
    flush: () => Promise.resolve(),
    interrupt: stop,
    seek: () => undefined,
    volume: 1,
    muted: false,
    microphone: null,
    sound() {
      throw soon("sound");
    },
    setExpression: (weights, blendMs = 0) => engine.stage.post({ type: "expression", weights, blendMs }),
    lookAt: (target) => engine.stage.post({ type: "look", target }),
    setBackground: (background) => engine.stage.post({ type: "background", background }),
    get quality() {
      return quality;
    },
    set quality(wanted) {
      quality = wanted;
      engine.stage.post({ type: "quality", quality });
    },
    playFile,
    startMicrophone,
    stop,
    pause,
    resume,
    get state() {
      return state;
    },
    get currentTime() {
      return position();
    },
    get duration() {
      return source?.duration ?? 0;
    },
    get renderer() {
      return engine.renderer;
    },
    get held() {
      return engine.held;
    },
    set held(held) {
      engine.held = held;
    },
    snapshot: (conditions) => engine.stage.snapshot(conditions),
    encode: (pcm16k) => engine.speech.call((api) => api.encode(pcm16k)),
    destroy() {
      opening.abort();
      endSource();
      clearInterval(ticker);
      engine.destroy();
      void audio?.context.close();
    },
  };
}
