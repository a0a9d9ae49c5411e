import type { KernelName } from "../../src/render/passes/kernels";
import { createRasterizer, type Rasterizer } from "../../src/render/rasterizer";
import type { Camera, GaussianCloud, HeadPose, Size } from "../../src/render/scene";
import { composite } from "../twin/composite";
import { createCpuHead } from "../twin/rasterizer";
import { readTexture } from "./gpu";
import { CAMERA, random } from "./scenes";

export interface Scene {
  cloud: GaussianCloud;
  offset: Float32Array<ArrayBuffer>;
  pose: HeadPose;
  size: Size;
  camera?: Camera;
  kernel?: KernelName;
}

/** Opaque rgba pixels, as ImageData holds them (Node has none). */
export interface Image extends Size {
  data: Uint8ClampedArray<ArrayBuffer>;
  colorSpace: "srgb";
}

export function image({ width, height }: Size, value: (x: number, y: number, rgb: number) => number): Image {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i++) {
    if (i % 4 < 3) data[i] = value(Math.floor(i / 4) % width, Math.floor(i / 4 / width), i % 4);
  }
  return { width, height, data, colorSpace: "srgb" };
}

export function noise(size: Size, seed: number): Image {
  const next = random(seed);
  return image(size, () => 255 * next());
}

export function drawWithTwin(scene: Scene, torso: Image, mask: Image | null): Image {
  const out = image(scene.size, () => 0);
  const head = createCpuHead(scene.cloud, scene.camera ?? CAMERA, scene.size).draw(scene.offset, scene.pose);
  composite(head, torso, mask, out);
  return out;
}

export function upload(device: GPUDevice, source: Image): GPUTexture {
  const texture = device.createTexture({
    size: [source.width, source.height],
    format: "rgba8unorm",
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
  });
  const layout = { bytesPerRow: source.width * 4 };
  device.queue.writeTexture({ texture }, source.data, layout, [source.width, source.height]);
  return texture;
}

/** A rasterizer set to the scene, with a texture to draw into. */
export async function prepare(
  device: GPUDevice,
  scene: Scene,
  torso: Image | null,
  mask: Image | null,
  format: GPUTextureFormat = "rgba8unorm",
) {
  const rasterizer = await createRasterizer(device, scene.cloud, scene.camera ?? CAMERA, scene.size, format, {
    kernel: scene.kernel,
  });
  rasterizer.writeOffset(scene.offset);
  rasterizer.writePose(scene.pose);
  rasterizer.setTorso(torso === null ? null : upload(device, torso));
  rasterizer.setMask(mask === null ? null : upload(device, mask));
  const target = device.createTexture({
    size: [scene.size.width, scene.size.height],
    format,
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
  });
  return { rasterizer, target };
}

export async function drawFrame(
  device: GPUDevice,
  rasterizer: Rasterizer,
  target: GPUTexture,
): Promise<boolean> {
  const encoder = device.createCommandEncoder();
  rasterizer.record(encoder, target.createView());
  device.queue.submit([encoder.finish()]);
  return rasterizer.afterSubmit();
}

export async function drawOnGpu(
  device: GPUDevice,
  scene: Scene,
  torso: Image | null,
  mask: Image | null,
  format?: GPUTextureFormat,
): Promise<Uint8Array> {
  const { rasterizer, target } = await prepare(device, scene, torso, mask, format);
  while (!(await drawFrame(device, rasterizer, target)));
  const pixels = await readTexture(device, target);
  rasterizer.destroy();
  target.destroy();
  return pixels;
}

/** Vitest's `toEqual` takes seconds for a picture. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export interface Likeness {
  psnr: number;
  /** Share of pixels whose channels all differ by at most 3/255. */
  within3: number;
  worst: number;
}

export function likeness(a: ArrayLike<number>, b: ArrayLike<number>): Likeness {
  let squares = 0;
  let far = 0;
  let worst = 0;
  for (let pixel = 0; pixel < a.length; pixel += 4) {
    let most = 0;
    for (let i = pixel; i < pixel + 4; i++) {
      const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
      squares += difference * difference;
      if (!(difference <= most)) most = difference;
    }
    if (!(most <= 3)) far++;
    if (!(most <= worst)) worst = most;
  }
  return {
    psnr: 10 * Math.log10((255 * 255 * a.length * 0.75) / squares),
    within3: 1 - far / (a.length / 4),
    worst,
  };
}
