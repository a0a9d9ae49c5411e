import type { DeformWeights } from "../../src/avatar/deform-weights";
import type { FusedMotion } from "../../src/render/picture";
import type { Contender } from "./contender";
import { createOurWasm, wasmNames } from "./ours-wasm";
import { createOurWebGpu, webGpuNames } from "./ours-webgpu";
import { conditions, loadScene, loadWeights, MOTIONS, offsets, type Scene } from "./scene";

export interface OursSetup {
  /** Null: the avatar's own. */
  readonly count: number | null;
  readonly width: number;
  readonly height: number;
  /** True: as in the player, the renderer runs the deformation network; false: it is given offsets. */
  readonly fused: boolean;
}

export interface OurScene extends Scene {
  readonly size: { readonly width: number; readonly height: number };
  /** What moves the Gaussians in that frame: offset [N,14], or conditions where `weights` are there. */
  motion(index: number): Float32Array<ArrayBuffer> | FusedMotion;
  readonly weights: DeformWeights | undefined;
}

export interface OursName {
  readonly name: string;
  readonly api: "webgpu" | "wasm";
  readonly exact: boolean;
  /** Kernel, or number of threads. */
  readonly variant: string;
  /** The player's probe may take it. */
  readonly way: boolean;
}

/** All that can be had in this browser. */
export async function ourNames(): Promise<OursName[]> {
  return [...wasmNames(), ...(await webGpuNames())];
}

let latest: { key: string; scene: Promise<OurScene> } | undefined;

export async function createOurs({ variant, api }: OursName, setup: OursSetup): Promise<Contender> {
  const key = JSON.stringify(setup);
  if (latest?.key !== key) latest = { key, scene: load(setup) };
  const scene = await latest.scene;
  return api === "wasm" ? createOurWasm(variant, scene) : createOurWebGpu(variant, scene);
}

async function load({ count, width, height, fused }: OursSetup): Promise<OurScene> {
  const size = { width, height };
  const scene = await loadScene(count, size);
  if (fused) return { ...scene, size, motion: conditions, weights: await loadWeights(scene.cloud.count) };
  const motions = Array.from({ length: MOTIONS }, (_, k) => offsets(scene.cloud, scene.displacement(k)));
  const motion = (index: number) => motions[index % MOTIONS] ?? new Float32Array();
  return { ...scene, size, motion, weights: undefined };
}
