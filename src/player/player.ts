import { ALL_MODULES, type Modules } from "../motion/modules";
import type { Quality } from "../render/resolution";
import { startEngine } from "./engine";
import { createPlayback, type Playback } from "./playback";
import type { FrameMetrics } from "./rpc";
import type { Player, PlayerMetrics, PlayerOptions } from "./types";

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

/** Resolves when the first live frame is on the canvas; rejects with a `LipsplatError`. */
export async function createPlayer(options: PlayerOptions): Promise<Player> {
  let playback: Playback | undefined;
  let failed = false;
  let frameSeconds = 0;
  let quality: Quality = "auto";
  let modules: Modules = ALL_MODULES;
  let volume = 1;
  let muted = false;

  const engine = await startEngine(options, {
    onMetrics(metrics) {
      frameSeconds = metrics.frameMs / 1000;
      options.onMetrics?.(withSound(metrics, playback));
    },
    onVoice: (time, speaking) => playback?.voiceHeard(time, speaking),
    onLost: (samples) => playback?.lost(samples),
    onError: (error) => options.onError?.(error),
    onFailed(error) {
      failed = true;
      playback?.fail();
      options.onError?.(error);
    },
    onStageRestart: () => playback?.tellSpeaking(),
  });
  frameSeconds = engine.frameMs / 1000;
  const sounding = createPlayback(engine, options, () => frameSeconds);
  playback = sounding;
  if (failed) sounding.fail();
  else options.onState?.("idle");

  const { ask } = engine;
  const setGain = () => {
    sounding.gain = muted ? 0 : volume;
  };
  return {
    ...sounding.methods,
    get volume() {
      return volume;
    },
    set volume(wanted) {
      volume = Math.max(0, Math.min(1, wanted));
      setGain();
    },
    get muted() {
      return muted;
    },
    set muted(wanted) {
      muted = wanted;
      setGain();
    },
    get microphone() {
      return sounding.source?.stream ?? null;
    },
    get state() {
      return sounding.state;
    },
    get currentTime() {
      return sounding.position;
    },
    get duration() {
      return sounding.source?.duration ?? 0;
    },
    get renderer() {
      return engine.renderer;
    },
    consent: engine.consent,
    get held() {
      return engine.held;
    },
    set held(held) {
      engine.held = held;
    },
    setExpression: (weights, blendMs = 0) => ask({ type: "expression", weights, blendMs }),
    setMood: (mood, blendMs = 0) => ask({ type: "mood", mood, blendMs }),
    get modules() {
      return modules;
    },
    set modules(wanted) {
      modules = wanted;
      ask({ type: "modules", modules });
    },
    lookAt: (target) => ask({ type: "look", target }),
    setBackground: (background) => ask({ type: "background", background }),
    get quality() {
      return quality;
    },
    set quality(wanted) {
      quality = wanted;
      ask({ type: "quality", quality });
    },
    snapshot: (conditions) => engine.stage.snapshot(conditions),
    encode: (pcm16k) => engine.speech.call((api) => api.encode(pcm16k)),
    destroy() {
      sounding.destroy();
      engine.destroy();
    },
  };
}

/** What the stage cannot know: where the source began, and what befell its sound before it came to the encoder. */
function withSound(metrics: FrameMetrics, playback: Playback | undefined): PlayerMetrics {
  const source = playback?.source;
  const counts = playback?.counts() ?? { stalls: 0, clipped: 0, notFinite: 0, dropped: 0 };
  const { displayedTime, latencyMs } = metrics;
  const capture = 1000 * (source?.latency ?? 0);
  return {
    ...metrics,
    displayedTime: source && displayedTime !== null ? displayedTime - source.startTime : null,
    latencyMs: latencyMs && { ...latencyMs, capture, total: latencyMs.total + capture },
    sound: { rate: source?.rate ?? 0, ...counts },
  };
}
