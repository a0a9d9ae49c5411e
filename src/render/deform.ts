import type { Avatar } from "../avatar/load";
import { createWasmSession } from "../avatar/onnx";
import { type Conditions, EXPRESSION_SIZE, LIP_SIZE } from "../motion/conditions";
import { LipsplatError } from "../player/errors";
import type { Motion } from "./picture";
import { OFFSET_SIZE } from "./scene";

export interface Deform {
  /** fused: the picture runs the network in its own passes; onnx: ONNX Runtime does, on WASM. */
  readonly provider: "fused" | "onnx";
  run(conditions: Conditions): Promise<Motion>;
  release(): Promise<void>;
}

/** For a picture that was given the network's weights. */
export const fusedDeform: Deform = {
  provider: "fused",
  run: ({ lip, expression }) => Promise.resolve({ lip, expression }),
  release: () => Promise.resolve(),
};

export const DEFORM_CONTRACT = { inputs: ["lip", "expression"], outputs: ["offset"] } as const;

/** deform.onnx by ONNX Runtime: takes any graph that keeps the contract, and works everywhere. */
export async function createOnnxDeform({ manifest, deform }: Avatar): Promise<Deform> {
  const name = manifest.files.deform.path;
  const session = await createWasmSession(name, deform, DEFORM_CONTRACT);
  return {
    provider: "onnx",
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
