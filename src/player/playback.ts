import { readClock } from "../audio/clock";
import { decodeSound } from "../audio/decode";
import { checkSound } from "../audio/intake";
import { openMicrophone } from "../audio/microphone";
import { type AudioOutput, createAudioOutput } from "../audio/output";
import { createPushedSound, type PushedSound } from "../audio/pushed";
import { type Outlet, playBuffer, playElement, playStream, type Source } from "../audio/sources";
import { createTally, type SoundCounts } from "../audio/tally";
import type { Speaking } from "../render/messages";
import type { Engine } from "./engine";
import { LipsplatError } from "./errors";
import { faceDelay } from "./face-delay";
import { createHeard } from "./heard";
import type { Player, PlayerOptions, PlayerState } from "./types";

const CLOCK_PERIOD_MS = 100;
const MICROPHONE: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

type Sounding = Pick<
  Player,
  | "playFile"
  | "playStream"
  | "playElement"
  | "pushAudio"
  | "flush"
  | "startMicrophone"
  | "stop"
  | "interrupt"
  | "pause"
  | "resume"
  | "seek"
  | "sound"
>;

/** One source at a time, on its way to the tap and the loudspeaker. */
export interface Playback {
  /** Those of the player. */
  readonly methods: Sounding;
  readonly state: PlayerState;
  readonly source: Source | undefined;
  /** Audible second of the source; of a microphone what has come in. */
  readonly position: number;
  /** Of what is heard, 0 … 1. */
  gain: number;
  /** What befell the sound since the last call. */
  counts(): SoundCounts;
  /** For those who have not heard: the stage is new. */
  tellSpeaking(): void;
  voiceHeard(time: number, speaking: boolean): void;
  lost(samples: number): void;
  fail(): void;
  destroy(): void;
}

/** @param frameSeconds from the start of a frame to its completion, as of late. */
export function createPlayback(engine: Engine, options: PlayerOptions, frameSeconds: () => number): Playback {
  let state: PlayerState = "idle";
  let player: AudioOutput | undefined;
  let listener: AudioOutput | undefined;
  /** The one in use. */
  let audio: AudioOutput | undefined;
  let source: Source | undefined;
  let pushed: PushedSound | undefined;
  let gain = 1;
  let voice = false;
  /** Cancels the opening under way. */
  let opening = new AbortController();
  let ticker: ReturnType<typeof setInterval> | undefined;
  const tally = createTally();
  const heard = createHeard(() => readClock((audio ?? output()).context));
  /** What is pushed was counted when it came. */
  const count = (counts: Partial<SoundCounts>) => {
    if (!pushed) tally.count(counts);
  };

  /** Made at the first wish for sound: that takes a user gesture. */
  function output(): AudioOutput {
    if (!player) {
      player = createAudioOutput("interactive", count);
      player.speaker.gain.value = gain;
    }
    return player;
  }

  /** Nothing is played here, so that nothing can crackle: it takes the shortest blocks there are. */
  function input(): AudioOutput {
    listener ??= createAudioOutput(0, count);
    return listener;
  }

  function setState(next: PlayerState): void {
    if (next === state || state === "failed") return;
    state = next;
    options.onState?.(state);
  }

  function setVoice(speaking: boolean): void {
    if (speaking === voice) return;
    voice = speaking;
    options.onSpeech?.(voice);
  }

  function speaking(): Speaking | null {
    if (!source || (state !== "playing" && state !== "listening")) return null;
    const { since, delay } = source;
    return delay === null ? { kind: "live", since } : { kind: "file", since, delay };
  }

  /** Tells the stage what speaks now, and the time: again and again as long as something does. */
  function tellSpeaking(): void {
    engine.stage.post({ type: "speaking", speaking: speaking() });
    tellClock();
    clearInterval(ticker);
    if (speaking()) ticker = setInterval(tick, CLOCK_PERIOD_MS);
  }

  function tellClock(): void {
    if (audio) engine.stage.post({ type: "clock", mark: readClock(audio.context) });
  }

  function tick(): void {
    tellClock();
    if (state === "playing" && source && position() >= source.duration) stop();
  }

  function position(): number {
    if (!audio || !source) return 0;
    const { startTime, since, delay, duration } = source;
    const { audibleTime, lead } = readClock(audio.context);
    const time = delay === null ? audibleTime + lead : audibleTime - delay;
    return Math.max(since - startTime, Math.min(duration, time - startTime));
  }

  function endSource(): void {
    heard.clear();
    source?.stop();
    pushed?.stop();
    source = undefined;
    pushed = undefined;
    setVoice(false);
    void audio?.tap.then((tap) => tap.end()).catch(() => undefined);
  }

  function stop(): void {
    opening.abort();
    endSource();
    setState("idle");
    tellSpeaking();
    void audio?.suspend("soon");
  }

  function interrupt(): void {
    stop();
    engine.stage.post({ type: "hush" });
  }

  /** Ends what plays, opens a new source and lets it speak. */
  async function open(
    sound: AudioOutput,
    start: (outlet: Outlet, signal: AbortSignal) => Source | Promise<Source>,
    signal?: AbortSignal,
  ): Promise<void> {
    opening.abort();
    const mine = new AbortController();
    opening = mine;
    const either = signal ? AbortSignal.any([signal, mine.signal]) : mine.signal;
    const running = sound.resume();
    running.catch(() => undefined);
    endSource();
    tellSpeaking();
    if (audio !== sound) void audio?.suspend("soon");
    audio = sound;
    try {
      const tap = await sound.tap;
      await engine.join(tap);
      await running;
      const outlet = {
        output: sound,
        tap,
        get delay() {
          const { sampleRate, baseLatency } = sound.context;
          const { lead } = readClock(sound.context);
          return faceDelay(engine.speechTimes, { sampleRate, baseLatency, lead }, frameSeconds());
        },
      };
      const opened = await start(outlet, either);
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

  /** What a source tells of itself, for as long as it is the one. */
  function events() {
    const mine = opening.signal;
    return {
      onStall: () => tally.count({ stalls: 1 }),
      onEnd() {
        if (mine.aborted || !source) return;
        const { context } = output();
        heard.at(context.currentTime + (source.delay ?? 0), stop);
      },
    };
  }

  async function playFile(file: Blob | URL | string, signal?: AbortSignal): Promise<void> {
    const decode = async (outlet: Outlet, either: AbortSignal) => {
      setState("decoding");
      return playBuffer(await decodeSound(outlet.output.context, file, either), outlet);
    };
    await open(output(), decode, signal);
    const playing = source;
    await new Promise<void>((resolve) => {
      const look = () => (source !== playing || position() > 0 ? resolve() : void setTimeout(look, 10));
      look();
    });
  }

  function pushAudio(samples: Int16Array | Float32Array, rate: number): void {
    checkSound(samples, rate);
    if (samples.length === 0) return;
    if (!pushed) {
      const sound = createPushedSound(output().context, {
        count: tally.count,
        whenHeard: (time, then) => heard.at(time + (source?.delay ?? 0), then),
        onEnd: stop,
      });
      open(output(), (outlet) => sound.open(outlet)).catch((error: LipsplatError) => {
        sound.stop();
        if (error.code !== "decode-aborted") options.onError?.(error);
      });
      pushed = sound;
    }
    pushed.push(samples, rate);
  }

  function startMicrophone(device?: string | MediaTrackConstraints): Promise<void> {
    return open(input(), (outlet) => {
      const constraints = {
        ...MICROPHONE,
        ...options.microphone,
        ...(typeof device === "string" ? device && { deviceId: { exact: device } } : device),
      };
      return openMicrophone(outlet.output, outlet.tap, constraints, () => {
        stop();
        options.onError?.(new LipsplatError("microphone-unplugged"));
      });
    });
  }

  function pause(): void {
    if (state !== "playing" && state !== "listening") return;
    setState("paused");
    source?.pause?.();
    void audio?.suspend("now").then(tellSpeaking);
    tellSpeaking();
  }

  function resume(): void {
    if (state !== "paused" || !audio || !source) return;
    const resumed = source;
    audio.resume().then(
      () => {
        if (source !== resumed) return;
        resumed.resume?.();
        setState(resumed.delay === null ? "listening" : "playing");
        tellSpeaking();
      },
      (error: LipsplatError) => options.onError?.(error),
    );
  }

  function seek(seconds: number): void {
    if (!source?.seek || !Number.isFinite(seconds)) return;
    heard.clear();
    source = source.seek(seconds);
    tellSpeaking();
  }

  return {
    get state() {
      return state;
    },
    get source() {
      return source;
    },
    get position() {
      return position();
    },
    get gain() {
      return gain;
    },
    set gain(wanted) {
      gain = wanted;
      if (player) player.speaker.gain.value = gain;
    },
    methods: {
      playFile,
      playStream: (stream) => open(output(), (outlet) => playStream(stream, outlet, events())),
      playElement: (media) => open(output(), (outlet) => playElement(media, outlet, events())),
      pushAudio,
      flush: () => pushed?.flush() ?? Promise.resolve(),
      startMicrophone,
      stop,
      interrupt,
      pause,
      resume,
      seek,
      sound: () => output().stream(),
    },
    counts: tally.take,
    tellSpeaking,
    voiceHeard(time, speaking) {
      if (!source) return;
      if (source.delay === null) setVoice(speaking);
      else heard.at(time + source.delay, () => setVoice(speaking));
    },
    lost: (samples) => tally.count({ dropped: samples }),
    fail() {
      endSource();
      setState("failed");
    },
    destroy() {
      opening.abort();
      endSource();
      clearInterval(ticker);
      player?.destroy();
      listener?.destroy();
    },
  };
}
