import type { Avatar } from "../avatar/load";
import type { Conditions } from "../motion/conditions";
import type { Motion } from "./picture";

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

/** By ONNX Runtime, which is only fetched where it is asked for. */
export async function createOnnxDeform(avatar: Avatar): Promise<Deform> {
  const { openDeform } = await import("./deform-onnx");
  return openDeform(avatar);
}
