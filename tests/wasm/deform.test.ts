import "./platform";
import { beforeAll, expect, test } from "vitest";
import { type DeformWeights, readDeformWeights } from "../../src/avatar/deform-weights";
import { compileKernel, createMemory } from "../../src/render/wasm/builds";
import { startKernel } from "../../src/render/wasm/kernel";
import { packWeights } from "../../src/render/wasm/pack";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { defaultDeform, defaultHead, largestDifference, onnxOffsets, randomInput } from "../deform";
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

test("the offset is ONNX Runtime's within 1e-3", async () => {
  const memory = createMemory(false, 0);
  const kernel = await startKernel(await compileKernel(false), memory);
  kernel.reserve(deform.count, 4, 1, 1, 1, true);
  packWeights(deform, kernel, memory.buffer);
  const out = memory.buffer.byteLength;
  memory.grow(Math.ceil((deform.count * 64 + 704) / 65_536));
  const inputs = [1, 2, 3].map(randomInput);
  for (const [i, expected] of (await onnxOffsets(inputs)).entries()) {
    const { lip, expression } = inputs[i] ?? randomInput(0);
    new Float32Array(memory.buffer, kernel.conditions(), 45).set([...lip, ...expression]);
    kernel.deform(0, deform.count, out, out + deform.count * 64);
    const rows = new Float32Array(memory.buffer, out, deform.count * 16);
    const offset = rows.filter((_, at) => at % 16 < 14);
    expect(largestDifference(offset, expected)).toBeLessThan(1e-3);
  }
});

test("fused, the default avatar is drawn as with ONNX Runtime's offset", async () => {
  const rasterizer = await createWasmRasterizer(cloud, camera, size, { threads: 1, deform });
  const inputs = [1, 2, 3].map(randomInput);
  for (const [i, offset] of (await onnxOffsets(inputs)).entries()) {
    const fused = rasterizer.drawHead(inputs[i] ?? randomInput(0), pose).map((value) => 255 * value);
    const plain = rasterizer.drawHead(offset, pose).map((value) => 255 * value);
    // The same sums in another order.
    expect(likeness(fused, plain).psnr).toBeGreaterThanOrEqual(75);
  }
  rasterizer.destroy();
});
