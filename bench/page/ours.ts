import type { Contender } from "./contender";
import { createOurWasm, wasmBytes, wasmNames } from "./ours-wasm";
import { createOurWebGpu, gpuBytes, webGpuNames } from "./ours-webgpu";
import { loadScene, MOTIONS, offsets, type Scene } from "./scene";

export interface OursSetup {
  /** Null: the avatar's own. */
  readonly count: number | null;
  readonly width: number;
  readonly height: number;
  /** False: one motion only, as in the player, where memory is counted. */
  readonly moving: boolean;
}

export interface OurScene extends Scene {
  readonly size: { readonly width: number; readonly height: number };
  /** [N,14] each. */
  readonly offsets: readonly Float32Array[];
}

export interface OursName {
  readonly name: string;
  readonly api: "webgpu" | "wasm";
  readonly exact: boolean;
}

/** All that can be had in this browser. */
export async function ourNames(): Promise<OursName[]> {
  return [...wasmNames(), ...(await webGpuNames())];
}

let latest: { key: string; scene: Promise<OurScene> } | undefined;

export async function createOurs({ name, api }: OursName, setup: OursSetup): Promise<Contender> {
  const key = JSON.stringify(setup);
  if (latest?.key !== key) latest = { key, scene: load(setup) };
  const scene = await latest.scene;
  return api === "wasm" ? createOurWasm(name, scene) : createOurWebGpu(name, scene);
}

async function load({ count, width, height, moving }: OursSetup): Promise<OurScene> {
  const size = { width, height };
  const scene = await loadScene(count, size);
  const motions = Array.from({ length: moving ? MOTIONS : 1 }, (_, k) => scene.displacement(k));
  return { ...scene, size, offsets: motions.map((moved) => offsets(scene.cloud, moved)) };
}

/** What the open renderers hold on the device and in WASM. */
export const ourBytes = () => ({ device: gpuBytes.now(), wasm: wasmBytes() });
