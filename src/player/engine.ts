import * as Comlink from "comlink";
import type { Tap } from "../audio/tap";
import type { RenderInput } from "../render/messages";
import type { RenderApi } from "../render/render.worker";
import type { SpeechApi } from "../speech/speech.worker";
import { fromRecord, type LipsplatError } from "./errors";
import { type KeepAlive, keepAlive } from "./keep-alive";
import { createProgressSum } from "./progress";
import { linkWorker, type WorkerEvent, type WorkerLink } from "./rpc";
import type { PlayerMetrics, PlayerOptions } from "./types";

/** The two workers, kept alive, and the wires between them. */
export interface Engine {
  readonly render: WorkerLink<RenderApi>;
  readonly speech: WorkerLink<SpeechApi>;
  readonly renderer: "webgpu" | "cpu";
  post(input: RenderInput): void;
  /** Joins the tap to the speech worker and that to the render worker; again by itself after a restart. */
  join(tap: Tap): Promise<void>;
  destroy(): void;
}

interface EngineEvents {
  onMetrics(metrics: PlayerMetrics): void;
  onError(error: LipsplatError): void;
  /** A worker could not be kept alive. */
  onFailed(error: LipsplatError): void;
  /** The render worker is new: tell it again what holds. */
  onRenderRestart(): void;
}

/** Resolves when the first live frame is on the canvas and speech can be encoded. */
export async function startEngine(options: PlayerOptions, events: EngineEvents): Promise<Engine> {
  const sum = createProgressSum((progress) => options.onProgress?.(progress));
  const links = new Set<WorkerLink<unknown>>();
  let canvas = options.canvas;
  let tap: Tap | undefined;

  function openEvents(part: string): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<WorkerEvent>) => {
      if (data.type === "progress") sum(part, data);
      else if (data.type === "metrics") events.onMetrics(data.metrics);
      else events.onError(fromRecord(data.error));
    };
    return port2;
  }

  async function startRender(onDeath: (error: LipsplatError) => void) {
    // Vite finds workers by this very form.
    const worker = new Worker(new URL("../render/render.worker.ts", import.meta.url), {
      type: "module",
      name: "render",
    });
    const link = linkWorker<RenderApi>(worker, "render", onDeath);
    links.add(link);
    const input = new MessageChannel();
    const ports = { input: input.port2, events: openEvents("avatar") };
    const offscreen = canvas.transferControlToOffscreen();
    const renderer = await link.call((api) =>
      api.start(
        Comlink.transfer(offscreen, [offscreen]),
        folder(options.avatarUrl),
        options.renderer ?? "auto",
        Comlink.transfer(ports, [ports.input, ports.events]),
      ),
    );
    return { link, input: input.port1, renderer };
  }

  async function startSpeech(onDeath: (error: LipsplatError) => void) {
    // Vite finds workers by this very form.
    const worker = new Worker(new URL("../speech/speech.worker.ts", import.meta.url), {
      type: "module",
      name: "speech",
    });
    const link = linkWorker<SpeechApi>(worker, "speech", onDeath);
    links.add(link);
    const port = openEvents("speech");
    await link.call((api) => api.load(folder(options.speechUrl), Comlink.transfer(port, [port])));
    return { link };
  }

  async function wire(): Promise<void> {
    if (!tap) return;
    const pcm = tap.connect();
    const { port1, port2 } = new MessageChannel();
    await render.part.link.call((api) => api.connect(Comlink.transfer(port1, [port1])));
    await speech.part.link.call((api) =>
      api.connect(Comlink.transfer(pcm, [pcm.port]), Comlink.transfer(port2, [port2])),
    );
  }

  const starting = [
    keepAlive({
      start: startRender,
      onFailed: events.onFailed,
      onDeath(error) {
        events.onError(error);
        // A canvas can be handed to one worker only.
        const fresh = canvas.cloneNode(false) as HTMLCanvasElement;
        canvas.replaceWith(fresh);
        canvas = fresh;
      },
      async onRestart() {
        events.onRenderRestart();
        await wire();
      },
    }),
    keepAlive({ start: startSpeech, onDeath: events.onError, onRestart: wire, onFailed: events.onFailed }),
  ] as const;
  let render: KeepAlive<Awaited<ReturnType<typeof startRender>>>;
  let speech: KeepAlive<Awaited<ReturnType<typeof startSpeech>>>;
  try {
    [render, speech] = await Promise.all(starting);
  } catch (error) {
    for (const link of links) link.terminate();
    await Promise.allSettled(starting);
    for (const link of links) link.terminate();
    throw error;
  }

  return {
    get render() {
      return render.part.link;
    },
    get speech() {
      return speech.part.link;
    },
    get renderer() {
      return render.part.renderer;
    },
    post: (input) => render.part.input.postMessage(input),
    join(newTap) {
      if (tap === newTap) return Promise.resolve();
      tap = newTap;
      return wire();
    },
    destroy() {
      render.release();
      speech.release();
      for (const link of links) link.terminate();
    },
  };
}

/** Absolute, with the slash that makes it a base. */
const folder = (url: string) => new URL(url.endsWith("/") ? url : `${url}/`, document.baseURI).href;
