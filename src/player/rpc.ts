/// <reference lib="es2024.promise" />

import * as Comlink from "comlink";
import { type ErrorRecord, fromRecord, LipsplatError, toRecord } from "./errors";
import type { PlayerMetrics, PlayerProgress } from "./types";

/** What the stage knows of the metrics. */
export type FrameMetrics = Omit<PlayerMetrics, "sound">;

/** What a worker tells by itself, over a port of its own. */
export type WorkerEvent =
  | ({ readonly type: "progress" } & PlayerProgress)
  | { readonly type: "metrics"; readonly metrics: FrameMetrics }
  | { readonly type: "error"; readonly error: ErrorRecord }
  /** A voice begins or ends at this context time. */
  | { readonly type: "voice"; readonly time: number; readonly speaking: boolean }
  /** Samples that never reached the encoder. */
  | { readonly type: "lost"; readonly samples: number }
  /** The stage, not its worker, has come to its end: open another. */
  | { readonly type: "died"; readonly error: ErrorRecord }
  /** The stage goes on, on another canvas: send one as input, and let it take the place of the last when `canvas-drawn` comes. */
  | { readonly type: "canvas-wanted" }
  | { readonly type: "canvas-drawn" };

// Comlink sends only an error's message and stack: a typed error keeps its type on both sides.
const plain = Comlink.transferHandlers.get("throw");
if (plain) {
  Comlink.transferHandlers.set("throw", {
    canHandle: plain.canHandle,
    serialize(thrown: unknown): [unknown, Transferable[]] {
      const { value } = thrown as { value: unknown };
      return value instanceof LipsplatError ? [{ lipsplat: toRecord(value) }, []] : plain.serialize(thrown);
    },
    deserialize(wire: unknown): unknown {
      const { lipsplat } = wire as { lipsplat?: ErrorRecord };
      if (lipsplat) throw fromRecord(lipsplat);
      return plain.deserialize(wire);
    },
  });
}

/** Ends this worker, as its `error` event tells. Errors of the browser's own would arrive there without their words. */
export function die(cause: unknown): void {
  reportError(new Error(String(cause)));
}

/** Serves `api` from a worker; what nobody catches there ends the worker, as its `error` event tells. */
export function exposeWorker(api: object): void {
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    die(event.reason);
  });
  Comlink.expose(api);
}

/** A worker and its API, until it dies. */
export interface WorkerLink<Api> {
  /** Like the call itself, but rejects with `worker-died` where the worker dies before its answer. */
  call<T>(use: (api: Comlink.Remote<Api>) => Promise<T>): Promise<T>;
  terminate(): void;
}

/** @param onDeath is called once, where the worker throws what it does not catch, or cannot be started. */
export function linkWorker<Api>(
  worker: Worker,
  name: string,
  onDeath: (error: LipsplatError) => void,
): WorkerLink<Api> {
  const api = Comlink.wrap<Api>(worker);
  const death = Promise.withResolvers<never>();
  // Without a call under way nobody listens.
  death.promise.catch(() => undefined);
  let dead = false;
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    if (dead) return;
    dead = true;
    worker.terminate();
    const error = new LipsplatError(
      "worker-died",
      `the ${name} worker failed (${event.message || "could not start"}).`,
    );
    death.reject(error);
    onDeath(error);
  });
  return {
    call: (use) => Promise.race([use(api), death.promise]),
    terminate() {
      dead = true;
      worker.terminate();
      death.reject(new DOMException("The player was destroyed.", "AbortError"));
    },
  };
}
