import { createAudioClock, wallNow } from "../audio/clock";
import { loadAvatar } from "../avatar/load";
import { type Conditions, LIP_SIZE, LIP_STEP } from "../motion/conditions";
import { CUE_SIZE, CUE_STEP } from "../motion/cues";
import { createFeatureTrack } from "../motion/feature-track";
import { LipsplatError, toLipsplatError, toRecord } from "../player/errors";
import type { WorkerEvent } from "../player/rpc";
import type { SpeechMessage } from "../speech/live";
import { createActor } from "./actor";
import type { Background } from "./background";
import { fetchPainter, type RendererWish } from "./choose-picture";
import { createFrameLoop } from "./frame-loop";
import { createLatency } from "./latency";
import { createLiveHead } from "./live-head";
import type { RenderInput, Speaking } from "./messages";
import { createMetrics, type FrameRecord } from "./metrics";
import type { Picture } from "./picture";
import { createResolution } from "./resolution";
import type { SharedGpu } from "./shared-gpu";
import { createTorsoSource } from "./torso-source";
import type { Turns } from "./turns";

/** What the stages of a page share. */
export interface Backstage {
  readonly gpus: SharedGpu;
  readonly turns: Turns;
}

export interface StagePorts {
  /** RenderInput comes in. */
  readonly input: MessagePort;
  /** WorkerEvent goes out. */
  readonly events: MessagePort;
}

/** One avatar on one canvas. */
export interface Stage {
  readonly renderer: Picture["renderer"];
  /** What a frame took at first, milliseconds. */
  readonly frameMs: number;
  /** The avatar's. */
  readonly consent: string | null;
  /** Takes lip features and cues from this speech worker from now on. */
  connect(speech: MessagePort): void;
  snapshot(conditions: Conditions): Promise<ImageData>;
  /** Gives back all it holds. */
  destroy(): void;
}

/** Resolves when the first live frame is on the canvas. */
export async function createStage(
  canvas: OffscreenCanvas,
  avatarUrl: string,
  wish: RendererWish,
  ports: StagePorts,
  { gpus, turns }: Backstage,
): Promise<Stage> {
  const post = (event: WorkerEvent) => ports.events.postMessage(event);
  const progress = (phase: "compile" | "warm-up", loaded: number, total: number) =>
    post({ type: "progress", phase, loaded, total });
  const clock = createAudioClock();
  const track = createFeatureTrack({ size: LIP_SIZE, step: LIP_STEP });
  const cues = createFeatureTrack({ size: CUE_SIZE, step: CUE_STEP });
  const latency = createLatency(clock);
  const metrics = createMetrics();
  const resolution = createResolution();

  /** What the page said last; it may say so before there is anything to tell it to. */
  let visible = true;
  let still = false;
  let speaking: Speaking | null = null;
  let apply = () => {};
  let hush = () => {};
  let askFor: (input: RenderInput) => void = (input) => before.push(input);
  const before: RenderInput[] = [];
  let giveCanvas: (canvas: OffscreenCanvas) => void = () => {};
  ports.input.onmessage = ({ data }: MessageEvent<RenderInput>) => {
    if (data.type === "clock") return clock.update(data.mark);
    if (data.type === "canvas") return giveCanvas(data.canvas);
    if (data.type === "visible") visible = data.visible;
    else if (data.type === "still") still = data.still;
    else if (data.type === "speaking") speaking = data.speaking;
    else if (data.type === "hush") hush();
    else askFor(data);
    apply();
  };

  const found = wish === "cpu" ? Promise.resolve(undefined) : gpus.take();
  void found.then((share) => fetchPainter(share?.gpu));
  const avatar = await loadAvatar(new URL(avatarUrl), (loaded, total) =>
    post({ type: "progress", phase: "download", loaded, total }),
  ).catch(async (cause: unknown) => {
    (await found)?.release();
    throw cause;
  });
  const torso = createTorsoSource(avatar, (error) => post({ type: "error", error }));
  torso.then(
    () => progress("compile", 1, 2),
    () => undefined,
  );
  const tell = (error: LipsplatError) => post({ type: "error", error: toRecord(error) });
  let standing: Promise<unknown> = torso;
  const stand = async (background: Background): Promise<void> => {
    try {
      await (await torso).setBackground(background);
    } catch (cause) {
      tell(toLipsplatError(cause, "bad-option"));
    }
  };
  const actor = createActor({
    ...{ avatar, track, cues, still },
    onError: tell,
  });
  const { mixer } = actor;
  let restoring = true;
  askFor = (input) => {
    actor.ask(input);
    if (input.type === "modules") restoring = input.modules.restorer;
    else if (input.type === "quality") resolution.quality = input.quality;
    else if (input.type === "background") standing = stand(input.background);
  };
  before.splice(0).forEach(askFor);
  hush = mixer.hush;
  let ready = false;
  let broken = false;
  const fail = (cause: unknown) => {
    console.warn("lipsplat: the head cannot be drawn", cause);
    const error = new LipsplatError("worker-died", `the head cannot be drawn (${cause}).`);
    post({ type: "died", error: toRecord(error) });
  };
  const live = await createLiveHead(
    {
      avatar,
      // A background that was asked for before the first frame is in it.
      torso: standing.then(() => torso),
      wish,
      gpus,
      restoring: () => restoring,
      report: tell,
      freshCanvas() {
        post({ type: "canvas-wanted" });
        return new Promise((resolve) => {
          giveCanvas = resolve;
        });
      },
      onBuilt() {
        if (ready) return;
        progress("compile", 2, 2);
        progress("warm-up", 0, 1);
      },
      onLost() {
        broken = true;
        apply();
      },
      onBack() {
        // A frame reaches the page a little after it is drawn.
        requestAnimationFrame(() => requestAnimationFrame(() => post({ type: "canvas-drawn" })));
        broken = false;
        if (resolution.scale !== 1) scaleTo(resolution.scale);
        apply();
      },
      onFailure: fail,
    },
    canvas,
    await found,
    mixer.next(0, null),
  );
  // The first frame also warmed everything up; the second tells what one takes.
  const second = await live.show(mixer.next(0, null)).catch(() => undefined);
  const frameMs = second ? second.deform + second.torso + second.draw : 0;
  progress("warm-up", 1, 1);
  ready = true;
  void complete();

  /** What the first frame did without. */
  async function complete(): Promise<void> {
    try {
      const restorer = await avatar.restorer();
      if (restorer) await live.setRestorer(restorer);
    } catch (cause) {
      tell(toLipsplatError(cause, "worker-died"));
    }
    await actor.complete();
  }

  function scaleTo(scale: number): void {
    live.head.picture
      .setScale(scale)
      .catch((cause: unknown) => console.warn("lipsplat: the picture keeps its size", cause));
  }

  function onFrame(frame: FrameRecord): void {
    const now = wallNow();
    const { picture, deform } = live.head;
    const { scale } = resolution;
    if (frame.costMs !== null) {
      const next = resolution.next(frame.costMs, now / 1000);
      if (next !== scale) scaleTo(next);
    }
    const gathered = metrics.add(frame, now);
    if (!gathered) return;
    const { renderer, passMs } = picture;
    post({ type: "metrics", metrics: { ...gathered, renderer, passMs, provider: deform.provider, scale } });
  }

  const loop = createFrameLoop(
    { mixer, track, clock, latency, turns, show: live.show, onFrame },
    frameMs / 1000,
  );
  apply = () => {
    mixer.still = still;
    loop.speaking = speaking;
    if (speaking) for (const heard of [track, cues]) heard.forgetBefore(speaking.since);
    const running = visible && !broken;
    if (running && !loop.running) {
      metrics.restart();
      resolution.restart();
    }
    loop.running = running;
  };
  apply();

  let speechPort: MessagePort | undefined;
  return {
    renderer: live.head.picture.renderer,
    frameMs,
    consent: avatar.manifest.consent,
    connect(speech) {
      speechPort?.close();
      speechPort = speech;
      // Another tap may be on another clock.
      for (const heard of [track, cues]) heard.forgetBefore(Number.POSITIVE_INFINITY);
      speech.onmessage = ({ data }: MessageEvent<SpeechMessage>) => {
        if (data.type === "cues") return cues.push(data.firstTime, data.values);
        track.push(data.firstTime, data.values);
        latency.heard(data);
        loop.onLip();
      };
    },
    snapshot: (conditions) => live.head.snapshot(conditions),
    destroy() {
      loop.running = false;
      actor.destroy();
      live.destroy();
      for (const port of [ports.input, ports.events, speechPort]) port?.close();
    },
  };
}
