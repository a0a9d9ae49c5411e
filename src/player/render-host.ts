/// <reference lib="es2024.promise" />

import * as Comlink from "comlink";
import type { Conditions } from "../motion/conditions";
import type { RenderInput } from "../render/messages";
import type { RenderApi } from "../render/render.worker";
import { fromRecord, type LipsplatError } from "./errors";
import { linkWorker, type WorkerEvent, type WorkerLink } from "./rpc";
import type { PlayerOptions } from "./types";

/** A canvas' own place in the page's one render worker: a graphics device cannot be shared between threads. */
export interface StageLink {
  /** Resolves when the first live frame is on the canvas; `frameMs` is what a frame takes then, milliseconds. */
  readonly opened: Promise<{
    readonly renderer: "webgpu" | "cpu";
    readonly frameMs: number;
    readonly consent: string | null;
  }>;
  /** What is posted before it has opened is heard then. */
  post(input: RenderInput, transfer?: Transferable[]): void;
  connect(lip: MessagePort): Promise<void>;
  snapshot(conditions: Conditions): Promise<ImageData>;
  /** Gives up the place; with the last one the worker ends. */
  release(): void;
}

export interface StageOptions {
  readonly canvas: HTMLCanvasElement;
  readonly avatarUrl: string;
  readonly wish: NonNullable<PlayerOptions["renderer"]>;
  onEvent(event: WorkerEvent): void;
  /** Called once, where the stage or its whole worker dies: nothing more comes of it. */
  onDeath(error: LipsplatError): void;
}

interface Host {
  readonly link: WorkerLink<RenderApi>;
  readonly onDeaths: Set<(error: LipsplatError) => void>;
}

let host: Host | undefined;
let count = 0;

function startHost(): Host {
  // Vite finds workers by this very form.
  const worker = new Worker(new URL("../render/render.worker.ts", import.meta.url), {
    type: "module",
    name: "render",
  });
  const onDeaths = new Set<(error: LipsplatError) => void>();
  const link = linkWorker<RenderApi>(worker, "render", (error) => {
    if (host === mine) host = undefined;
    // Each takes itself out.
    for (const onDeath of onDeaths) onDeath(error);
  });
  const mine = { link, onDeaths };
  return mine;
}

export function openStage({ canvas, avatarUrl, wish, onEvent, onDeath }: StageOptions): StageLink {
  host ??= startHost();
  const mine = host;
  const { link, onDeaths } = mine;
  const id = ++count;
  const input = new MessageChannel();
  const events = new MessageChannel();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);

  function die(error: LipsplatError): void {
    leave(error);
    onDeath(error);
  }

  function leave(reason: Error): void {
    if (!onDeaths.delete(die)) return;
    over.reject(reason);
    input.port1.close();
    events.port1.close();
    if (host !== mine) return;
    // Where it never stood there is nothing to close.
    if (onDeaths.size > 0) return void link.call((api) => api.close(id)).catch(() => undefined);
    host = undefined;
    link.terminate();
  }

  onDeaths.add(die);
  events.port1.onmessage = ({ data }: MessageEvent<WorkerEvent>) => {
    if (data.type === "died") die(fromRecord(data.error));
    else onEvent(data);
  };
  const call = <T>(use: (api: Comlink.Remote<RenderApi>) => Promise<T>) =>
    Promise.race([link.call(use), over.promise]);
  const offscreen = canvas.transferControlToOffscreen();
  const ports = { input: input.port2, events: events.port2 };
  const opened = call((api) =>
    api.open(
      id,
      Comlink.transfer(offscreen, [offscreen]),
      avatarUrl,
      wish,
      Comlink.transfer(ports, [ports.input, ports.events]),
    ),
  );
  opened.catch(leave);
  return {
    opened,
    post: (message, transfer = []) => input.port1.postMessage(message, transfer),
    connect: (lip) => call((api) => api.connect(id, Comlink.transfer(lip, [lip]))),
    snapshot: (conditions) => call((api) => api.snapshot(id, conditions)),
    release: () => leave(new DOMException("The player was destroyed.", "AbortError")),
  };
}
