import * as Comlink from "comlink";
import type { Tap } from "../audio/tap";
import { folderUrl } from "../avatar/folder-url";
import type { RenderInput } from "../render/messages";
import type { SpeechApi, SpeechTimes } from "../speech/speech.worker";
import { fromRecord, type LipsplatError } from "./errors";
import { type KeepAlive, keepAlive } from "./keep-alive";
import { createProgressSum } from "./progress";
import { openStage, type StageLink } from "./render-host";
import { type FrameMetrics, linkWorker, type WorkerEvent, type WorkerLink } from "./rpc";
import type { PlayerOptions } from "./types";
import { createVisibility } from "./visibility";

/** A stage in the page's render worker and a speech worker of its own, kept alive, and the wires between them. */
export interface Engine {
  readonly stage: StageLink;
  readonly speech: WorkerLink<SpeechApi>;
  readonly renderer: "webgpu" | "cpu";
  /** While true the picture stands. */
  held: boolean;
  /** What a frame took at first, milliseconds. */
  readonly frameMs: number;
  /** The avatar's. */
  readonly consent: string | null;
  readonly speechTimes: SpeechTimes;
  /** Tells the stage something that outlives it: one that takes its place is told the latest of each type. */
  ask(input: RenderInput): void;
  /** Joins the tap to the speech worker and that to the stage; again by itself after a restart. */
  join(tap: Tap): Promise<void>;
  destroy(): void;
}

interface EngineEvents {
  onVoice(time: number, speaking: boolean): void;
  /** So many samples never reached the encoder. */
  onLost(samples: number): void;
  onMetrics(metrics: FrameMetrics): void;
  onError(error: LipsplatError): void;
  /** A part could not be kept alive. */
  onFailed(error: LipsplatError): void;
  /** The stage is new: tell it again what speaks. */
  onStageRestart(): void;
}

/** Resolves when the first live frame is on the canvas and speech can be encoded. */
export async function startEngine(options: PlayerOptions, events: EngineEvents): Promise<Engine> {
  const sum = createProgressSum((progress) => options.onProgress?.(progress));
  let destroyed = false;
  let speechLink: WorkerLink<SpeechApi> | undefined;
  let stage: StageLink | undefined;
  let tap: Tap | undefined;
  let renderer: Engine["renderer"] = "cpu";
  const asked = new Map<RenderInput["type"], RenderInput>();
  const ask: Engine["ask"] = (input) => {
    asked.set(input.type, input);
    stage?.post(input);
  };
  const { background } = options;
  if (background) ask({ type: "background", background });

  /** The one in the page. Another takes its place only when it shows the head. */
  let canvas = options.canvas;
  let fresh = canvas;
  function renewCanvas(): HTMLCanvasElement {
    fresh = canvas.cloneNode(false) as HTMLCanvasElement;
    return fresh;
  }
  function showCanvas(): void {
    if (fresh === canvas) return;
    canvas.replaceWith(fresh);
    canvas = fresh;
    visibility.watch(canvas);
  }

  const visibility = createVisibility((visible) => ask({ type: "visible", visible }));
  visibility.watch(canvas);
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  const tellStill = () => ask({ type: "still", still: reducedMotion.matches });
  tellStill();
  reducedMotion.addEventListener("change", tellStill);

  function onEvent(part: string, event: WorkerEvent): void {
    if (event.type === "progress") sum(part, event);
    else if (event.type === "metrics") {
      renderer = event.metrics.renderer;
      events.onMetrics(event.metrics);
    } else if (event.type === "voice") events.onVoice(event.time, event.speaking);
    else if (event.type === "lost") events.onLost(event.samples);
    else if (event.type === "error") events.onError(fromRecord(event.error));
    else if (event.type === "canvas-drawn") showCanvas();
    else if (event.type === "canvas-wanted") {
      const offscreen = renewCanvas().transferControlToOffscreen();
      stage?.post({ type: "canvas", canvas: offscreen }, [offscreen]);
    }
  }

  async function startStage(onDeath: (error: LipsplatError) => void) {
    if (destroyed) throw new DOMException("The player was destroyed.", "AbortError");
    const next = openStage({
      // A canvas can be handed over only once.
      canvas: stage ? renewCanvas() : canvas,
      avatarUrl: folderUrl(options.avatarUrl),
      wish: options.renderer ?? "auto",
      onEvent: (event) => onEvent("avatar", event),
      onDeath,
    });
    stage?.release();
    stage = next;
    for (const input of asked.values()) next.post(input);
    const opened = await next.opened;
    renderer = opened.renderer;
    showCanvas();
    return { stage: next, frameMs: opened.frameMs, consent: opened.consent };
  }

  async function startSpeech(onDeath: (error: LipsplatError) => void) {
    if (destroyed) throw new DOMException("The player was destroyed.", "AbortError");
    // Vite finds workers by this very form.
    const worker = new Worker(new URL("../speech/speech.worker.ts", import.meta.url), {
      type: "module",
      name: "speech",
    });
    const link = linkWorker<SpeechApi>(worker, "speech", onDeath);
    speechLink = link;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<WorkerEvent>) => onEvent("speech", data);
    const times = await link.call((api) =>
      api.load(folderUrl(options.speechUrl), Comlink.transfer(port2, [port2])),
    );
    return { link, times };
  }

  async function wire(): Promise<void> {
    if (!tap) return;
    const pcm = tap.connect();
    const { port1, port2 } = new MessageChannel();
    await head.part.stage.connect(port1);
    await speech.part.link.call((api) =>
      api.connect(Comlink.transfer(pcm, [pcm.port]), Comlink.transfer(port2, [port2])),
    );
  }

  /** What is not waited for: a speech worker that dies meanwhile is started again anyway. */
  function completeSpeech(): void {
    speech.part.link.call((api) => api.complete()).catch(() => undefined);
  }

  function destroy(): void {
    destroyed = true;
    stage?.release();
    speechLink?.terminate();
    visibility.destroy();
    reducedMotion.removeEventListener("change", tellStill);
  }

  const starting = [
    keepAlive({
      start: startStage,
      onDeath: events.onError,
      async onRestart() {
        events.onStageRestart();
        await wire();
      },
      onFailed: events.onFailed,
    }),
    keepAlive({
      start: startSpeech,
      onDeath: events.onError,
      async onRestart() {
        completeSpeech();
        await wire();
      },
      onFailed: events.onFailed,
    }),
  ] as const;
  let head: KeepAlive<Awaited<ReturnType<typeof startStage>>>;
  let speech: KeepAlive<Awaited<ReturnType<typeof startSpeech>>>;
  try {
    [head, speech] = await Promise.all(starting);
  } catch (error) {
    destroy();
    throw error;
  }
  completeSpeech();

  return {
    get renderer() {
      return renderer;
    },
    get held() {
      return visibility.held;
    },
    set held(held) {
      visibility.held = held;
    },
    frameMs: head.part.frameMs,
    consent: head.part.consent,
    get stage() {
      return head.part.stage;
    },
    get speech() {
      return speech.part.link;
    },
    get speechTimes() {
      return speech.part.times;
    },
    ask,
    async join(newTap) {
      if (tap === newTap) return;
      // A part that is being started again is wired by its restart; one that is dead cannot be.
      await Promise.all([head.settled, speech.settled]);
      tap = newTap;
      await wire();
    },
    destroy() {
      head.release();
      speech.release();
      destroy();
    },
  };
}
