import type { Avatar } from "../avatar/load";
import { createWasmSession } from "../avatar/onnx";
import { type Conditions, EXPRESSION_SIZE, LIP_SIZE } from "../motion/conditions";
import { LipsplatError } from "../player/errors";
import { OFFSET_SIZE } from "./scene";

export interface Deform {
  readonly provider: "wasm" | "webgpu";
  /** Conditions → offset [N · 14], in memory or (WebGPU) in a buffer that stays valid until the next run. */
  run(conditions: Conditions): Promise<Float32Array | GPUBuffer>;
  release(): Promise<void>;
}

export const DEFORM_CONTRACT = { inputs: ["lip", "expression"], outputs: ["offset"] } as const;

/** deform.onnx on WASM: the provider that works everywhere. */
export async function createWasmDeform({ manifest, deform }: Avatar): Promise<Deform> {
  const name = manifest.files.deform.path;
  const session = await createWasmSession(name, deform, DEFORM_CONTRACT);
  return {
    provider: "wasm",
    async run({ lip, expression }) {
      const { offset } = await session.run({
        lip: { data: lip, dims: [1, LIP_SIZE] },
        expression: { data: expression, dims: [1, EXPRESSION_SIZE] },
      });
      if (offset?.length !== manifest.gaussians * OFFSET_SIZE) {
        throw new LipsplatError(
          "bundle-corrupt",
          `${name} moves ${(offset?.length ?? 0) / OFFSET_SIZE} Gaussians, not ${manifest.gaussians}.`,
        );
      }
      return offset;
    },
    release: session.release,
  };
}
