import * as Comlink from "comlink";
import type { Tap } from "../audio/tap";
import type { RenderInput } from "../render/messages";
import type { RenderApi } from "../render/render.worker";
import type { SpeechApi } from "../speech/speech.worker";
import { fromRecord, LipsplatError } from "./errors";
import { createProgressSum } from "./progress";
import { linkWorker, type WorkerEvent, type WorkerLink } from "./rpc";
import type { PlayerMetrics, PlayerOptions } from "./types";

/** A worker that dies is started again this often. */
const MAX_RESTARTS = 1;

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
  const absolute = (url: string) => new URL(url.endsWith("/") ? url : `${url}/`, document.baseURI).href;
  let canvas = options.canvas;
  let tap: Tap | undefined;
  let started = false;
  let destroyed = false;

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
    const worker = new Worker(new URL("../render/render.worker.ts", import.meta.url), {
      type: "module",
      name: "render",
    });
    const link = linkWorker<RenderApi>(worker, "render", onDeath);
    const input = new MessageChannel();
    const ports = { input: input.port2, events: openEvents("avatar") };
    const offscreen = canvas.transferControlToOffscreen();
    const transfer = [input.port2, ports.events];
    const renderer = await link.call((api) =>
      api.start(
        Comlink.transfer(offscreen, [offscreen]),
        absolute(options.avatarUrl),
        Comlink.transfer(ports, transfer),
      ),
    );
    return { link, input: input.port1, renderer };
  }

  async function startSpeech(onDeath: (error: LipsplatError) => void) {
    const worker = new Worker(new URL("../speech/speech.worker.ts", import.meta.url), {
      type: "module",
      name: "speech",
    });
    const link = linkWorker<SpeechApi>(worker, "speech", onDeath);
    const port = openEvents("speech");
    await link.call((api) => api.load(absolute(options.speechUrl), Comlink.transfer(port, [port])));
    return { link };
  }

  /** Starts a part, and starts it again after its death; `again` runs before each new start. */
  async function keep<P extends { readonly link: WorkerLink<unknown> }>(
    start: (onDeath: (error: LipsplatError) => void) => Promise<P>,
    again: () => void,
    afterwards: () => Promise<void>,
  ): Promise<{ part: P }> {
    let restarts = 0;
    const holder: { part?: P } = {};
    async function attempt(): Promise<P> {
      let startedUp = false;
      try {
        const part = await start((error) => {
          if (startedUp) void restart(error);
        });
        startedUp = true;
        return part;
      } catch (error) {
        if (!(error instanceof LipsplatError) || error.code !== "worker-died" || destroyed) throw error;
        if (restarts++ >= MAX_RESTARTS) throw error;
        events.onError(error);
        again();
        return attempt();
      }
    }
    async function restart(error: LipsplatError): Promise<void> {
      if (destroyed) return;
      if (restarts++ >= MAX_RESTARTS) return events.onFailed(error);
      events.onError(error);
      again();
      try {
        holder.part = await attempt();
        await afterwards();
      } catch (cause) {
        if (!destroyed) events.onFailed(cause instanceof LipsplatError ? cause : error);
      }
    }
    const part = await attempt();
    holder.part = part;
    return holder as { part: P };
  }

  /** A canvas can be handed to one worker only. */
  function replaceCanvas(): void {
    const fresh = canvas.cloneNode(false) as HTMLCanvasElement;
    canvas.replaceWith(fresh);
    canvas = fresh;
  }

  async function wire(): Promise<void> {
    if (!tap || !started) return;
    const pcm = tap.connect();
    const { port1, port2 } = new MessageChannel();
    await render.part.link.call((api) => api.connect(Comlink.transfer(port1, [port1])));
    await speech.part.link.call((api) =>
      api.connect(Comlink.transfer(pcm, [pcm.port]), Comlink.transfer(port2, [port2])),
    );
  }

  const [render, speech] = await Promise.all([
    keep(startRender, replaceCanvas, async () => {
      events.onRenderRestart();
      await wire();
    }),
    keep(startSpeech, () => undefined, wire),
  ]);
  started = true;

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
      destroyed = true;
      render.part.link.terminate();
      speech.part.link.terminate();
    },
  };
}
