import type { DeformWeights } from "../avatar/deform-weights";
import type { Avatar } from "../avatar/load";
import type { Motion, Picture } from "./picture";
import { createScaler, readMask } from "./pixels";
import type { HeadPose, Size } from "./scene";
import { createWasmRasterizer, type WasmRasterizer } from "./wasm/rasterizer";

/**
 * Draws on the processor, into a 2D context.
 * @param weights let `draw` take the conditions.
 */
export async function createCpuPicture(
  canvas: OffscreenCanvas,
  { manifest, cloud, mask }: Avatar,
  weights: DeformWeights | undefined,
): Promise<Picture> {
  const full: Size = manifest.canvas;
  let size = full;
  let rasterizer = await createRasterizer();
  let torso: ImageData | undefined;
  let scaled = (pixels: ImageData) => pixels;
  let context: OffscreenCanvasRenderingContext2D | undefined;

  async function createRasterizer(): Promise<WasmRasterizer> {
    const camera = { canvas: full, ...manifest.camera };
    const made = await createWasmRasterizer(cloud, camera, size, weights && { deform: weights });
    made.setMask(await readMask(mask, size.width, size.height));
    return made;
  }

  function takeContext(): OffscreenCanvasRenderingContext2D {
    // Pixels come from this side and may go back to a video: on a graphics device they would cross over twice.
    const taken = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!taken) throw new Error("the canvas gave no 2D context");
    return taken;
  }

  function render(motion: Motion, pose: HeadPose): ImageData {
    return rasterizer.draw(motion, pose);
  }

  async function setScale(scale: number): Promise<void> {
    size = { width: Math.round(full.width * scale), height: Math.round(full.height * scale) };
    const next = await createRasterizer();
    rasterizer.destroy();
    rasterizer = next;
    scaled = size.width === full.width ? (pixels) => pixels : createScaler(full, size);
    if (torso) rasterizer.setTorso(scaled(torso));
  }

  return {
    renderer: "cpu",
    get passMs() {
      return rasterizer.stageMs;
    },
    setTorso(pixels) {
      torso = pixels;
      rasterizer.setTorso(scaled(pixels));
    },
    async draw(motion, pose) {
      const image = render(motion, pose);
      context ??= takeContext();
      // Setting it clears the canvas, even to the size it has.
      if (canvas.width !== size.width) Object.assign(canvas, size);
      context.putImageData(image, 0, 0);
    },
    async rehearse(motion, pose) {
      render(motion, pose);
    },
    async read(motion, pose) {
      const scale = size.width / full.width;
      if (scale !== 1) await setScale(1);
      const { data } = render(motion, pose);
      const image = new ImageData(new Uint8ClampedArray(data), full.width, full.height);
      if (scale !== 1) await setScale(scale);
      return image;
    },
    setScale,
    destroy: () => rasterizer.destroy(),
  };
}
