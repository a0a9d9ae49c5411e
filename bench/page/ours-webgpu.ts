import { requestGpu } from "../../src/render/device";
import { KERNELS, supportedKernels } from "../../src/render/passes/kernels";
import { createRasterizer } from "../../src/render/rasterizer";
import { type Contender, WEBP } from "./contender";
import { countBytes } from "./gpu-bytes";
import type { OurScene, OursName } from "./ours";

/** Draws that find their buffers too small grow them. */
const MAX_TRIES = 6;

const gpu = open();

async function open() {
  const found = await requestGpu();
  return found && { device: found.device, bytes: countBytes(found.device) };
}

/** Our device, and how many bytes its buffers and textures hold. */
export async function openGpu(): Promise<{ device: GPUDevice; bytes(): number }> {
  const found = await gpu;
  if (!found) throw new Error("this browser has no WebGPU");
  return found;
}

export async function webGpuNames(): Promise<OursName[]> {
  const found = await gpu;
  if (!found) return [];
  const supported = supportedKernels(found.device);
  return KERNELS.filter(({ name }) => supported.includes(name)).map(({ name, exact }) => ({
    name: `lipsplat WebGPU ${name}`,
    api: "webgpu",
    exact,
    variant: name,
    way: true,
  }));
}

export async function createOurWebGpu(variant: string, scene: OurScene): Promise<Contender> {
  const { device } = await openGpu();
  const { size, plate, mask, motion, weights } = scene;
  const kernel = KERNELS.find(({ name }) => name === variant)?.name;
  const format = navigator.gpu.getPreferredCanvasFormat();
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("webgpu");
  if (!context) throw new Error("the canvas gave no WebGPU context");
  context.configure({ device, format, alphaMode: "opaque" });
  const options = { kernel, deform: weights };
  const rasterizer = await createRasterizer(device, scene.cloud, scene.camera, size, format, options);
  const upload = (label: string, pixels: ImageData) => {
    const texture = device.createTexture({
      label,
      size: [size.width, size.height],
      format: "rgba8unorm",
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
    });
    device.queue.writeTexture({ texture }, pixels.data, { bytesPerRow: size.width * 4 }, size);
    return texture;
  };
  const textures = [upload("torso", plate), upload("mask", mask)] as const;
  rasterizer.setTorso(textures[0]);
  rasterizer.setMask(textures[1]);
  rasterizer.writePose(scene.pose);

  let drawn: Promise<boolean> = Promise.resolve(true);
  const contender: Contender = {
    draw(index) {
      const moved = motion(index);
      if (moved instanceof Float32Array) rasterizer.writeOffset(moved);
      else rasterizer.writeConditions(moved.lip, moved.expression);
      const encoder = device.createCommandEncoder({ label: "frame" });
      rasterizer.record(encoder, context.getCurrentTexture().createView());
      device.queue.submit([encoder.finish()]);
      drawn = rasterizer.afterSubmit();
    },
    async finish() {
      if (!(await drawn)) throw new Error("the tile pairs overflowed in a measured frame");
    },
    passes: () => Object.fromEntries(rasterizer.timings),
    picture: () => canvas.convertToBlob(WEBP),
    destroy() {
      rasterizer.destroy();
      for (const texture of textures) texture.destroy();
    },
  };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    contender.draw(tries);
    if (await drawn) return contender;
  }
  throw new Error("the frame does not fit its buffers");
}
