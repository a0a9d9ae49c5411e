import { afterAll, beforeAll, expect, test } from "vitest";
import { KERNELS } from "../../src/render/passes/kernels";
import { createRasterizer, PASS_NAMES, RasterizerLimitError } from "../../src/render/rasterizer";
import { REST } from "../../src/render/scene";
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
import { CAMERA, emptyCloud, faceCloud, POSE, randomOffset } from "./scenes";

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

const NAMES = KERNELS.map(({ name }) => name);

test.each(NAMES)(
  "%s: on overflow the previous head stays, then the redrawn frame is whole",
  async (kernel) => {
    const scene = { ...face(400), kernel };
    const black = image(scene.size, () => 0);
    const { rasterizer, target } = await prepare(device, scene, black, null);
    while (!(await drawFrame(device, rasterizer, target)));
    const before = await readTexture(device, target);

    const swollen = {
      ...scene,
      offset: scene.offset.map((value, i) => (i % 14 >= 7 && i % 14 < 10 ? 3 : value)),
    };
    rasterizer.writeOffset(swollen.offset);
    expect(await drawFrame(device, rasterizer, target)).toBe(false);
    expect(sameBytes(await readTexture(device, target), before)).toBe(true);

    expect(await drawFrame(device, rasterizer, target)).toBe(true);
    const { psnr } = likeness(await readTexture(device, target), drawWithTwin(swollen, black, null).data);
    expect(psnr).toBeGreaterThanOrEqual(58);
    rasterizer.destroy();
  },
);

test("a first frame that overflows shows the torso alone", async () => {
  const scene = face(400);
  const torso = noise(scene.size, 5);
  const { rasterizer, target } = await prepare(device, scene, torso, null);
  const swollen = scene.offset.map((value, i) => (i % 14 >= 7 && i % 14 < 10 ? 3 : value));
  rasterizer.writeOffset(swollen);
  expect(await drawFrame(device, rasterizer, target)).toBe(false);
  expect(likeness(await readTexture(device, target), torso.data).worst).toBe(0);
  rasterizer.destroy();
});

/** Hears of every call of the device's `create…` methods and of `mapAsync`, until it is stopped. */
function watch(heard: (method: string, argument: unknown) => void): { stop(): void } {
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST });
  const mapping = Object.getPrototypeOf(buffer) as GPUBuffer;
  const creating = Object.getPrototypeOf(device) as GPUDevice;
  const creates = Object.keys(Object.getOwnPropertyDescriptors(creating)).filter(
    (name) => name.startsWith("create") && name !== "createCommandEncoder",
  );
  expect(creates).toContain("createBindGroup");
  const undo = [[mapping, "mapAsync"] as const, ...creates.map((name) => [creating, name] as const)].map(
    ([owner, name]) => {
      const original = Object.getOwnPropertyDescriptor(owner, name) ?? {};
      const value = function (this: object, ...args: unknown[]) {
        heard(name, args[0]);
        return Reflect.apply(original.value as () => unknown, this, args);
      };
      Object.defineProperty(owner, name, { ...original, value });
      return () => Object.defineProperty(owner, name, original);
    },
  );
  return {
    stop() {
      for (const restore of undo) restore();
    },
  };
}

test.each(NAMES)("%s: frames create no GPU objects, and map nothing before their submit", async (kernel) => {
  const scene = { ...face(2000), kernel };
  const black = image(scene.size, () => 0);
  const { rasterizer, target } = await prepare(device, scene, black, null);
  const view = target.createView();
  const heard: string[] = [];
  const frame = (i: number) => {
    const before = heard.length;
    rasterizer.writeOffset(scene.offset);
    rasterizer.writePose({ ...POSE, rotation: [0, i / 10, 0] });
    const encoder = device.createCommandEncoder();
    rasterizer.record(encoder, view);
    device.queue.submit([encoder.finish()]);
    expect(heard.length).toBe(before);
    return rasterizer.afterSubmit();
  };
  await frame(0);
  await frame(1);

  const { stop } = watch((method) => heard.push(method));
  for (let i = 0; i < 4; i++) await frame(i);
  expect(heard).toEqual(Array(4).fill("mapAsync"));
  // More frames at once than there are buffers to read them back with.
  expect(await Promise.all([0, 1, 2, 3, 4, 5].map(frame))).toEqual(Array(6).fill(true));
  expect(new Set(heard)).toEqual(new Set(["mapAsync"]));
  stop();
  rasterizer.destroy();
});

test("pipelines are made asynchronously, and every buffer is accounted for", async () => {
  const heard: string[] = [];
  let bytes = 0;
  const { stop } = watch((method, argument) => {
    heard.push(method);
    if (method === "createBuffer") bytes += (argument as GPUBufferDescriptor).size;
  });
  const rasterizer = await createRasterizer(
    device,
    faceCloud(300, 1, 1),
    CAMERA,
    CAMERA.canvas,
    "rgba8unorm",
  );
  stop();
  expect(heard).not.toContain("createComputePipeline");
  expect(heard).not.toContain("createRenderPipeline");
  // Two textures of one pixel stand for a torso and a mask.
  expect(rasterizer.memoryBytes).toBe(bytes + 8);
  rasterizer.destroy();
});

test.each(NAMES)("%s: the order is that frame's, not the last one's", async (kernel) => {
  const scene = { ...face(1500), kernel };
  const black = image(scene.size, () => 0);
  const { rasterizer, target } = await prepare(device, scene, black, null);
  while (!(await drawFrame(device, rasterizer, target)));
  // Back to front.
  const turned = scene.offset.map((value, i) => {
    const z = scene.cloud.position[Math.floor(i / 14) * 3 + 2] ?? 0;
    return i % 14 === 2 ? -2 * z : value;
  });
  rasterizer.writeOffset(turned);
  while (!(await drawFrame(device, rasterizer, target)));
  const fresh = await drawOnGpu(device, { ...scene, offset: turned }, black, null);
  expect(sameBytes(await readTexture(device, target), fresh)).toBe(true);
  rasterizer.destroy();
});

test("more pairs than a one-dimensional dispatch reaches threads", async () => {
  // 256² tiles of 8 pixels, all reached by every splat: 4.6 million pairs.
  const size = { width: 2048, height: 2048 };
  const cloud = emptyCloud(70, 0);
  const alpha = 0.02;
  for (let i = 0; i < cloud.count; i++) {
    cloud.position[i * 3 + 2] = -i / 100;
    cloud.rotation[i * 4] = 1;
    cloud.logScale.fill(8, i * 3, i * 3 + 3);
    cloud.opacityLogit[i] = Math.log(alpha / (1 - alpha));
    // Of degree 0: colour = 0.5 + 0.28209479177387814·coefficient, here from 1 to 0.
    cloud.sphericalHarmonics.fill((0.5 - i / 69) / 0.28209479177387814, i * 3, i * 3 + 3);
  }
  const scene: Scene = { cloud, offset: new Float32Array(70 * 14), pose: REST, size, kernel: "tiles" };
  const { rasterizer, target } = await prepare(
    device,
    scene,
    image({ width: 1, height: 1 }, () => 0),
    null,
  );
  expect(await drawFrame(device, rasterizer, target)).toBe(false);
  expect(rasterizer.memoryBytes).toBeGreaterThan(4 * 70 * 256 * 256);
  expect(await drawFrame(device, rasterizer, target)).toBe(true);
  const expected =
    255 * [...Array(70).keys()].reduce((sum, i) => sum + (1 - i / 69) * alpha * (1 - alpha) ** i, 0);
  const pixels = await readTexture(device, target);
  let worst = 0;
  for (let i = 0; i < pixels.length; i += 4) worst = Math.max(worst, Math.abs((pixels[i] ?? 0) - expected));
  // Rounded to 8 bits.
  expect(worst).toBeLessThan(1);
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
  const expected = device.features.has("timestamp-query")
    ? PASS_NAMES.filter((name) => name !== "restore")
    : [];
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
