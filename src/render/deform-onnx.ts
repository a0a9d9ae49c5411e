import type { Avatar } from "../avatar/load";
import { createWasmSession } from "../avatar/onnx";
import { EXPRESSION_SIZE, LIP_SIZE } from "../motion/conditions";
import { LipsplatError } from "../player/errors";
import type { Deform } from "./deform";
import { OFFSET_SIZE } from "./scene";

const CONTRACT = { inputs: ["lip", "expression"], outputs: ["offset"] } as const;

/** deform.onnx by ONNX Runtime: takes any graph that keeps the contract, and works everywhere. */
export async function openDeform({ manifest, deform }: Avatar): Promise<Deform> {
  const name = manifest.files.deform.path;
  const session = await createWasmSession(name, deform, CONTRACT);
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
