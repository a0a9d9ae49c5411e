import type { Avatar } from "../avatar/load";
import type { Motion, Picture } from "./picture";
import { readMask } from "./pixels";
import { createRasterizer, type Rasterizer, RasterizerLimitError } from "./rasterizer";
import type { HeadPose } from "./scene";

/** Draws that find their buffers too small grow them; more often than this is a fault. */
const MAX_TRIES = 6;

/** Draws through WebGPU; takes the canvas' context only once everything else has succeeded. */
export async function createGpuPicture(
  device: GPUDevice,
  canvas: OffscreenCanvas,
  { manifest, cloud, mask }: Avatar,
): Promise<Picture> {
  const { width, height } = manifest.canvas;
  const size = { width, height };
  const format = navigator.gpu.getPreferredCanvasFormat();
  const rasterizer = await createWithin(device, () =>
    createRasterizer(device, cloud, { canvas: size, ...manifest.camera }, size, format),
  );

  const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
  const createPictureTexture = (label: string) =>
    device.createTexture({ label, size: [width, height], format: "rgba8unorm", usage });
  const torsoTexture = createPictureTexture("torso");
  const maskTexture = createPictureTexture("mask");
  // Not copyExternalImageToTexture: from a software-decoded VideoFrame it got the last row wrong (Chromium 156).
  const upload = (pixels: ImageData, texture: GPUTexture) =>
    device.queue.writeTexture({ texture }, pixels.data, { bytesPerRow: width * 4 }, size);
  upload(await readMask(mask, width, height), maskTexture);
  rasterizer.setTorso(torsoTexture);
  rasterizer.setMask(maskTexture);

  const readTexture = device.createTexture({
    label: "snapshot",
    size: [width, height],
    format,
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
  });
  const rowBytes = Math.ceil((width * 4) / 256) * 256;
  const readBuffer = device.createBuffer({
    label: "snapshot",
    size: rowBytes * height,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });

  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("webgpu");
  if (!context) throw new Error("the canvas gave no WebGPU context");
  context.configure({ device, format, alphaMode: "opaque" });

  /** Draws until the buffers have held the frame. */
  async function drawTo(view: () => GPUTextureView, offset: Motion, pose: HeadPose): Promise<void> {
    if ("lip" in offset) throw new TypeError("offset must be in memory or on the device");
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (offset instanceof Float32Array) {
        rasterizer.setOffsetBuffer(null);
        device.queue.writeBuffer(rasterizer.offsetBuffer, 0, offset as Float32Array<ArrayBuffer>);
      } else rasterizer.setOffsetBuffer(offset);
      rasterizer.writePose(pose);
      const encoder = device.createCommandEncoder({ label: "frame" });
      rasterizer.record(encoder, view());
      device.queue.submit([encoder.finish()]);
      if (await rasterizer.afterSubmit()) return;
    }
    throw new Error("the frame does not fit its buffers");
  }

  async function readBack(): Promise<ImageData> {
    const encoder = device.createCommandEncoder({ label: "snapshot" });
    encoder.copyTextureToBuffer(
      { texture: readTexture },
      { buffer: readBuffer, bytesPerRow: rowBytes },
      size,
    );
    device.queue.submit([encoder.finish()]);
    await readBuffer.mapAsync(GPUMapMode.READ);
    const rows = new Uint8Array(readBuffer.getMappedRange());
    const image = new ImageData(width, height);
    const swap = format === "bgra8unorm" ? 2 : 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = y * rowBytes + x * 4;
        const to = (y * width + x) * 4;
        image.data[to] = rows[from + swap] ?? 0;
        image.data[to + 1] = rows[from + 1] ?? 0;
        image.data[to + 2] = rows[from + 2 - swap] ?? 0;
        image.data[to + 3] = 255;
      }
    }
    readBuffer.unmap();
    return image;
  }

  return {
    renderer: "webgpu",
    get passMs() {
      return Object.fromEntries(rasterizer.timings);
    },
    setTorso: (torso) => upload(torso, torsoTexture),
    draw: (offset, pose) => drawTo(() => context.getCurrentTexture().createView(), offset, pose),
    async read(offset, pose) {
      await drawTo(() => readTexture.createView(), offset, pose);
      return readBack();
    },
    destroy() {
      rasterizer.destroy();
      for (const resource of [torsoTexture, maskTexture, readTexture, readBuffer]) resource.destroy();
    },
  };
}

/** @throws {RasterizerLimitError} the device has no memory left for it. */
async function createWithin(device: GPUDevice, create: () => Rasterizer): Promise<Rasterizer> {
  device.pushErrorScope("out-of-memory");
  let rasterizer: Rasterizer;
  let full: Promise<GPUError | null>;
  try {
    rasterizer = create();
  } finally {
    full = device.popErrorScope();
  }
  if (await full) {
    rasterizer.destroy();
    throw new RasterizerLimitError("the graphics card's memory is full");
  }
  return rasterizer;
}
