import { afterAll, beforeAll, expect, test } from "vitest";
import deformProject from "../../shaders/deform_project.wgsl?raw";
import { type DeformWeights, readDeformWeights } from "../../src/avatar/deform-weights";
import { createBufferSet } from "../../src/render/passes/buffers";
import { createDeformBuffers } from "../../src/render/passes/deform";
import { createFrameUniform } from "../../src/render/passes/frame";
import { linkShader } from "../../src/render/passes/shader";
import { createRasterizer, OFFSET_SIZE } from "../../src/render/rasterizer";
import { defaultDeform, defaultHead, largestDifference, onnxOffsets, randomInput } from "../deform";
import { readBuffer, readTexture, requestDevice } from "./gpu";
import { drawFrame, likeness, sameBytes } from "./render";
import { CAMERA, faceCloud } from "./scenes";

const INPUTS = [1, 2, 3].map(randomInput);
let device: GPUDevice;
let weights: DeformWeights;
let offsets: Float32Array<ArrayBuffer>[];
beforeAll(async () => {
  device = await requestDevice();
  const read = readDeformWeights(defaultDeform());
  if (read === undefined) throw new Error("the default avatar's weights were not read");
  weights = read;
  offsets = await onnxOffsets(INPUTS);
});
afterAll(() => device.destroy());

test("the fused network's offsets are ONNX Runtime's", async () => {
  const { count } = weights;
  const buffers = createBufferSet(device);
  const { network, rows, writeConditions } = createDeformBuffers(device, buffers, weights, count);
  const { buffer: frame } = createFrameUniform(device, buffers, CAMERA, CAMERA.canvas, count, 8);
  const offset = buffers.create("offset", count * OFFSET_SIZE * 4);
  const module = device.createShaderModule({ code: linkShader(deformProject) + WRITE_OFFSET });
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module, entryPoint: "write_offset" },
  });
  const bound = (entries: readonly (readonly [binding: number, buffer: GPUBuffer])[]) =>
    entries.map(([binding, buffer]) => ({ binding, resource: { buffer } }));
  const groups = [
    bound([
      [0, frame],
      [6, network],
      [7, rows],
    ]),
    bound([[0, offset]]),
  ].map((entries, i) => device.createBindGroup({ layout: pipeline.getBindGroupLayout(i), entries }));
  for (const [i, { lip, expression }] of INPUTS.entries()) {
    writeConditions(lip, expression);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    for (const [index, group] of groups.entries()) pass.setBindGroup(index, group);
    pass.dispatchWorkgroups(Math.ceil(count / 64));
    pass.end();
    device.queue.submit([encoder.finish()]);
    const actual = new Float32Array(await readBuffer(device, offset));
    // The bound that issue 4 sets; both round float32 sums.
    expect(largestDifference(actual, offsets[i] ?? [])).toBeLessThan(1e-3);
  }
  buffers.destroy();
});

const WRITE_OFFSET = `
@group(1) @binding(0) var<storage, read_write> written: array<f32>;
@compute @workgroup_size(64)
fn write_offset(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= frame.count) {
    return;
  }
  let o = offset_of(id.x);
  let values = array(o.position.x, o.position.y, o.position.z, o.rotation.x, o.rotation.y, o.rotation.z, o.rotation.w,
    o.log_scale.x, o.log_scale.y, o.log_scale.z, o.opacity_logit, o.color.x, o.color.y, o.color.z);
  for (var i = 0u; i < 14u; i++) {
    written[id.x * 14u + i] = values[i];
  }
}`;

/** The default avatar, fused. */
async function openHead() {
  const { cloud, camera, pivot, size } = defaultHead();
  const rasterizer = await createRasterizer(device, cloud, camera, size, "rgba8unorm", { deform: weights });
  rasterizer.writePose({ rotation: [0.05, -0.2, 0.03], translation: [0.05, 0.02, 0], pivot });
  const target = device.createTexture({
    size: [size.width, size.height],
    format: "rgba8unorm",
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
  });
  const picture = async () => {
    while (!(await drawFrame(device, rasterizer, target)));
    return readTexture(device, target);
  };
  return { rasterizer, picture };
}

test("the default avatar looks the same fused and by ONNX Runtime, in turns", async () => {
  const { rasterizer, picture } = await openHead();
  for (const [i, { lip, expression }] of INPUTS.entries()) {
    rasterizer.writeConditions(lip, expression);
    const fused = await picture();
    expect(fused.some((byte) => byte > 0)).toBe(true);
    rasterizer.writeOffset(offsets[i] ?? new Float32Array());
    // As near as issue 4 asks of the kernels; the offsets differ by rounding only.
    expect(likeness(await picture(), fused).psnr).toBeGreaterThanOrEqual(58);
    rasterizer.writeConditions(lip, expression);
    expect(sameBytes(await picture(), fused)).toBe(true);
  }
  rasterizer.destroy();
});

test("conditions that are no numbers drop every Gaussian; the next ones draw them again", async () => {
  const { rasterizer, picture } = await openHead();
  const [{ lip, expression } = randomInput(1)] = INPUTS;
  rasterizer.writeConditions(lip, expression);
  const whole = await picture();
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    rasterizer.writeConditions(lip, expression.with(12, bad));
    expect((await picture()).every((byte) => byte === 0)).toBe(true);
    rasterizer.writeConditions(lip.with(0, bad), expression);
    expect((await picture()).every((byte) => byte === 0)).toBe(true);
  }
  rasterizer.writeConditions(lip, expression);
  expect(sameBytes(await picture(), whole)).toBe(true);
  // Sums that overflow float32 may draw nonsense; they must end.
  rasterizer.writeConditions(
    lip.map(() => 3e38),
    expression,
  );
  await picture();
  rasterizer.destroy();
});

test("what does not fit is refused by name", async () => {
  const size = { width: 64, height: 64 };
  const cloud = faceCloud(10, 1, 1);
  const open = (deform: DeformWeights | undefined, gaussians = cloud) =>
    createRasterizer(device, gaussians, CAMERA, size, "rgba8unorm", { deform });
  await expect(open(weights)).rejects.toThrow(
    new TypeError(`deform moves ${weights.count} Gaussians, the cloud has 10`),
  );
  const { cloud: head } = defaultHead();
  await expect(open({ ...weights, secondBias: new Float32Array(63) }, head)).rejects.toThrow(
    new TypeError("deform.secondBias has 63 values: it must have 64"),
  );
  const [{ lip, expression } = randomInput(1)] = INPUTS;
  const without = await open(undefined);
  expect(() => without.writeConditions(lip, expression)).toThrow(TypeError);
  without.destroy();
  const fused = await open(weights, head);
  expect(() => fused.writeConditions(lip.subarray(1), expression)).toThrow(
    new TypeError("lip has 31 values: it must have 32"),
  );
  expect(() => fused.writeConditions(lip, lip)).toThrow(
    new TypeError("expression has 32 values: it must have 13"),
  );
  fused.destroy();
});
