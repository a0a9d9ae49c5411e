import { afterAll, beforeAll, expect, test } from "vitest";
import { createRasterizer, PASS_NAMES, RasterizerLimitError } from "../../src/render/rasterizer";
import { readTexture, requestDevice } from "./gpu";
import {
  drawFrame,
  drawOnGpu,
  drawWithTwin,
  image,
  likeness,
  noise,
  prepare,
  type Scene,
  sameBytes,
} from "./render";
import { CAMERA, faceCloud, POSE, randomOffset } from "./scenes";

let device: GPUDevice;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.destroy());

function face(count: number): Scene {
  return {
    cloud: faceCloud(count, 1, 1),
    offset: randomOffset(count, 2),
    pose: POSE,
    size: { width: 256, height: 256 },
  };
}

test("tile pairs that overflow: the previous head stays, then the redrawn frame is whole", async () => {
  const scene = face(400);
  const black = image(scene.size, () => 0);
  const { rasterizer, target } = await prepare(device, scene, black, null);
  while (!(await drawFrame(device, rasterizer, target)));
  const before = await readTexture(device, target);

  const swollen = {
    ...scene,
    offset: scene.offset.map((value, i) => (i % 14 >= 7 && i % 14 < 10 ? 3 : value)),
  };
  device.queue.writeBuffer(rasterizer.offsetBuffer, 0, swollen.offset);
  expect(await drawFrame(device, rasterizer, target)).toBe(false);
  expect(sameBytes(await readTexture(device, target), before)).toBe(true);

  expect(await drawFrame(device, rasterizer, target)).toBe(true);
  const { psnr } = likeness(await readTexture(device, target), drawWithTwin(swollen, black, null).data);
  expect(psnr).toBeGreaterThanOrEqual(58);
  rasterizer.destroy();
});

test("a first frame that overflows shows the torso alone", async () => {
  const scene = face(400);
  const torso = noise(scene.size, 5);
  const { rasterizer, target } = await prepare(device, scene, torso, null);
  const swollen = scene.offset.map((value, i) => (i % 14 >= 7 && i % 14 < 10 ? 3 : value));
  device.queue.writeBuffer(rasterizer.offsetBuffer, 0, swollen);
  expect(await drawFrame(device, rasterizer, target)).toBe(false);
  expect(likeness(await readTexture(device, target), torso.data).worst).toBe(0);
  rasterizer.destroy();
});

test("frames create no GPU objects", async () => {
  const scene = face(2000);
  const { rasterizer, target } = await prepare(
    device,
    scene,
    image(scene.size, () => 0),
    null,
  );
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const outputs = [0, 1].map(() => device.createBuffer({ size: scene.offset.byteLength, usage }));
  const view = target.createView();
  const frame = (i: number) => {
    rasterizer.setOffsetBuffer(outputs[i % 2] ?? null);
    rasterizer.writePose({ ...POSE, rotation: [0, i / 10, 0] });
    const encoder = device.createCommandEncoder();
    rasterizer.record(encoder, view);
    device.queue.submit([encoder.finish()]);
    return rasterizer.afterSubmit();
  };
  await frame(0);
  await frame(1);

  const made: string[] = [];
  const watched = new Set<string>();
  const methods = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(device));
  for (const [name, { value: original }] of Object.entries(methods)) {
    if (!name.startsWith("create") || name === "createCommandEncoder" || typeof original !== "function")
      continue;
    watched.add(name);
    Object.defineProperty(device, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        made.push(name);
        return Reflect.apply(original, device, args) as unknown;
      },
    });
  }
  expect(watched).toContain("createBuffer");
  expect(watched).toContain("createBindGroup");
  for (let i = 0; i < 4; i++) await frame(i);
  expect(made).toEqual([]);
  // More frames at once than there are buffers to read them back with.
  expect(await Promise.all([0, 1, 2, 3, 4, 5].map(frame))).toEqual(Array(6).fill(true));
  expect(made).toEqual([]);
  for (const name of watched) Reflect.deleteProperty(device, name);
  rasterizer.destroy();
});

test("the same scene gives the same bytes", async () => {
  const scene = face(3000);
  const black = image(scene.size, () => 0);
  const once = await drawOnGpu(device, scene, black, null);
  expect(sameBytes(once, await drawOnGpu(device, scene, black, null))).toBe(true);
});

test("timings name every pass where the device has timestamps", async () => {
  const { rasterizer, target } = await prepare(device, face(500), null, null);
  await drawFrame(device, rasterizer, target);
  const expected = device.features.has("timestamp-query") ? [...PASS_NAMES] : [];
  expect([...rasterizer.timings.keys()]).toEqual(expected);
  for (const ms of rasterizer.timings.values()) expect(ms).toBeGreaterThanOrEqual(0);
  rasterizer.destroy();
});

test("a cloud whose arrays do not fit is refused by name", async () => {
  const cloud = { ...faceCloud(10, 1, 1), logScale: new Float32Array(29) };
  const size = { width: 64, height: 64 };
  await expect(createRasterizer(device, cloud, CAMERA, size, "rgba8unorm")).rejects.toThrow(
    new TypeError("cloud.logScale has 29 values: it must have 30"),
  );
});

test("a picture larger than the adapter's buffers is refused", async () => {
  // 8 bytes a pixel.
  const side = Math.ceil(Math.sqrt(device.limits.maxStorageBufferBindingSize / 8)) + 1;
  const size = { width: side, height: side };
  await expect(createRasterizer(device, faceCloud(1, 0, 1), CAMERA, size, "rgba8unorm")).rejects.toThrow(
    RasterizerLimitError,
  );
});

test("destroyed while a frame is under way: its outcome still resolves", async () => {
  const { rasterizer, target } = await prepare(device, face(500), null, null);
  const outcome = drawFrame(device, rasterizer, target);
  rasterizer.destroy();
  expect(await outcome).toBe(true);
});

test("draws into bgra8unorm, what most canvases prefer", async () => {
  const scene = face(500);
  const rgba = await drawOnGpu(device, scene, null, null);
  const bgra = await drawOnGpu(device, scene, null, null, "bgra8unorm");
  const swapped = bgra.map((_, i) => bgra[i % 4 === 0 ? i + 2 : i % 4 === 2 ? i - 2 : i] ?? 0);
  expect(sameBytes(swapped, rgba)).toBe(true);
});
