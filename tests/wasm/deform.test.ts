import "./platform";
import { beforeAll, expect, test } from "vitest";
import { type DeformWeights, readDeformWeights } from "../../src/avatar/deform-weights";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { defaultDeform, defaultHead, onnxOffsets, randomInput } from "../deform";
import { likeness } from "../wgsl/render";
import { POSE } from "../wgsl/scenes";

const { cloud, camera, pivot, size } = defaultHead();
const pose = { ...POSE, pivot };
let deform: DeformWeights;
beforeAll(() => {
  const weights = readDeformWeights(defaultDeform());
  if (!weights) throw new Error("the default avatar's deform.onnx is another graph");
  deform = weights;
});

test("fused, the default avatar is drawn as with ONNX Runtime's offset", async () => {
  const rasterizer = await createWasmRasterizer(cloud, camera, size, { threads: 1, deform });
  const inputs = [1, 2, 3].map(randomInput);
  for (const [i, offset] of (await onnxOffsets(inputs)).entries()) {
    const fused = rasterizer.drawHead(inputs[i] ?? randomInput(0), pose).map((value) => 255 * value);
    const plain = rasterizer.drawHead(offset, pose).map((value) => 255 * value);
    // Sums in another order; an offset 1e-3 away would cost more than this: see the next test for the offset itself.
    expect(likeness(fused, plain).psnr).toBeGreaterThanOrEqual(75);
  }
  rasterizer.destroy();
});
