import { wrap } from "comlink";
import { pickWay, type Timings } from "../../src/render/probe";
import { type Contender, type Round, runRound } from "./contender";
import type { OursSetup } from "./ours";
import type { OursWorker } from "./ours.worker";
import { createPeer, PEERS } from "./peers";

/** Frames drawn before a picture is kept, so that a worker's sort has come back. */
const SETTLE_FRAMES = 4;

export interface Entrant {
  readonly name: string;
  readonly api: "webgpu" | "webgl2" | "wasm";
  readonly ours: boolean;
  readonly exact: boolean;
  /** The player's probe may take it. */
  readonly way: boolean;
}

declare global {
  interface Performance {
    /** Chromium; only where the page is cross-origin isolated. */
    measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
  }
}

const ours = wrap<OursWorker>(new Worker(new URL("./ours.worker.ts", import.meta.url), { type: "module" }));
const opened = new Map<string, Contender | "ours">();

/** What the driver (bench/peers.mjs) calls. */
const bench = {
  async entrants(): Promise<Entrant[]> {
    const names = await ours.names();
    const peers = PEERS.map(({ name, api }) => ({ name, api, ours: false, exact: false, way: false }));
    return [...names.map((name) => ({ ...name, ours: true })), ...peers];
  },
  /** Loads the scene into a renderer; `id` is what the other calls know it by. */
  async open(id: string, name: string, setup: OursSetup): Promise<void> {
    const peer = PEERS.find((candidate) => candidate.name === name);
    if (peer) {
      opened.set(id, await createPeer(peer, setup.count, setup));
      return;
    }
    const own = (await ours.names()).find((candidate) => candidate.name === name);
    if (!own) throw new Error(`there is no renderer called ${name}`);
    await ours.open(id, own, setup);
    opened.set(id, "ours");
  },
  async round(id: string, milliseconds: number): Promise<Round> {
    const contender = find(id);
    return contender === "ours" ? ours.run(id, milliseconds) : runRound(contender, milliseconds);
  },
  /** WebP as a data URL. */
  async picture(id: string): Promise<string> {
    const contender = find(id);
    if (contender === "ours") return toDataUrl(await ours.picture(id));
    for (let i = 0; i < SETTLE_FRAMES; i++) {
      contender.draw(0);
      await contender.finish();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    contender.draw(0);
    return toDataUrl(await contender.picture());
  },
  /** What the player's own probe would take, by these times. */
  pick: (ways: readonly Entrant[], timings: Timings): string | null => pickWay(ways, timings)?.name ?? null,
  /** Bytes that the player's own picture holds on the device and in WASM, and all scripts of this page and its workers. */
  async memory(
    api: "wasm" | "webgpu",
    count: number,
    size: { width: number; height: number },
  ): Promise<{ renderer: string | null; device: number; wasm: number; scripts: number }> {
    const { device, wasm, shared } = await ours.hold(api, count, size);
    const { bytes } = await performance.measureUserAgentSpecificMemory();
    return { renderer: await ours.held(), device, wasm, scripts: bytes - shared };
  },
  /** Adapter, as it describes itself. */
  async machine(): Promise<{
    adapter: string | null;
    software: boolean;
    threads: number;
    isolated: boolean;
  }> {
    const info = (await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }))?.info;
    return {
      adapter: info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(" ") : null,
      software: info?.isFallbackAdapter ?? true,
      threads: navigator.hardwareConcurrency,
      isolated: globalThis.crossOriginIsolated,
    };
  },
};
export type Bench = typeof bench;
Object.assign(globalThis, { bench });

function find(id: string): Contender | "ours" {
  const contender = opened.get(id);
  if (!contender) throw new Error(`${id} is not open`);
  return contender;
}

function toDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
