import { requestGpu } from "../../src/render/device";
import { createRasterizer } from "../../src/render/rasterizer";
import type { Contender } from "./contender";
import { countBytes } from "./gpu-bytes";
import type { OurScene, OursName } from "./ours";

/** Draws that find their buffers too small grow them. */
const MAX_TRIES = 6;

const gpu = requestGpu();

/** Bytes of our buffers and textures on the device. */
export const gpuBytes = { now: () => 0 };

export async function webGpuNames(): Promise<OursName[]> {
  const found = await gpu;
  if (!found) return [];
  gpuBytes.now = countBytes(found.device);
  return [{ name: "lipsplat WebGPU", api: "webgpu", exact: true }];
}

export async function createOurWebGpu(_name: string, scene: OurScene): Promise<Contender> {
  const found = await gpu;
  if (!found) throw new Error("this browser has no WebGPU");
  const { device } = found;
  const { size, plate, mask } = scene;
  const format = navigator.gpu.getPreferredCanvasFormat();
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("webgpu");
  if (!context) throw new Error("the canvas gave no WebGPU context");
  context.configure({ device, format, alphaMode: "opaque" });
  const rasterizer = createRasterizer(device, scene.cloud, scene.camera, size, format);
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
    draw(motion) {
      const offset = scene.offsets[motion % scene.offsets.length] ?? new Float32Array();
      device.queue.writeBuffer(rasterizer.offsetBuffer, 0, offset as Float32Array<ArrayBuffer>);
      const encoder = device.createCommandEncoder({ label: "frame" });
      rasterizer.record(encoder, context.getCurrentTexture().createView());
      device.queue.submit([encoder.finish()]);
      drawn = rasterizer.afterSubmit();
    },
    async finish() {
      if (!(await drawn)) throw new Error("the tile pairs overflowed in a measured frame");
    },
    passes: () => Object.fromEntries(rasterizer.timings),
    picture: () => canvas.convertToBlob(),
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
