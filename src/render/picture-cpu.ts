import type { Avatar } from "../avatar/load";
import type { Motion, Picture } from "./picture";
import { readMask } from "./pixels";
import { createCpuRasterizer } from "./twin/rasterizer";

/** Draws on the CPU, into a 2D context: where there is no WebGPU. */
export async function createCpuPicture(
  canvas: OffscreenCanvas,
  { manifest, cloud, mask }: Avatar,
): Promise<Picture> {
  const { width, height } = manifest.canvas;
  const size = { width, height };
  const rasterizer = createCpuRasterizer(cloud, { canvas: size, ...manifest.camera }, size);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("the canvas gave no 2D context");
  const maskPixels = await readMask(mask, width, height);
  let torsoPixels: ImageData | null = null;
  const render = (offset: Motion, pose: Parameters<typeof rasterizer.draw>[1]): ImageData => {
    if (!(offset instanceof Float32Array)) throw new TypeError("offset must be in memory");
    return rasterizer.draw(offset, pose, torsoPixels, maskPixels);
  };
  return {
    renderer: "cpu",
    passMs: {},
    setTorso(torso) {
      torsoPixels = torso;
    },
    async draw(offset, pose) {
      context.putImageData(render(offset, pose), 0, 0);
    },
    async read(offset, pose) {
      const { data } = render(offset, pose);
      return new ImageData(new Uint8ClampedArray(data), width, height);
    },
    destroy() {},
  };
}
