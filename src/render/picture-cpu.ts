import type { DeformWeights } from "../avatar/deform-weights";
import type { Avatar } from "../avatar/load";
import type { Motion, Picture } from "./picture";
import { createScaler, readMask } from "./pixels";
import type { HeadPose, Size } from "./scene";
import { createSized } from "./sized";
import { createWasmRasterizer } from "./wasm/rasterizer";

/**
 * Draws on the processor, into a 2D context.
 * @param readWeights gives the weights that let `draw` take the conditions; asked again for each size, so that nobody keeps them.
 */
export async function createCpuPicture(
  canvas: OffscreenCanvas,
  { manifest, cloud, mask }: Avatar,
  readWeights: () => DeformWeights | undefined,
): Promise<Picture> {
  const full: Size = manifest.canvas;
  let torso: ImageData | undefined;
  let context: OffscreenCanvasRenderingContext2D | undefined;

  const sized = await createSized(full, async (size) => {
    const camera = { canvas: full, ...manifest.camera };
    const deform = readWeights();
    const rasterizer = await createWasmRasterizer(cloud, camera, size, { ...(deform && { deform }) });
    rasterizer.setMask(await readMask(mask, size.width, size.height));
    const toSize = size.width === full.width ? (pixels: ImageData) => pixels : createScaler(full, size);
    let under: ImageData | undefined;
    return {
      size,
      stageMs: rasterizer.stageMs,
      setRestorer: rasterizer.setRestorer,
      render(motion: Motion, pose: HeadPose, restored?: boolean): ImageData {
        if (torso && torso !== under) rasterizer.setTorso(toSize(torso));
        under = torso;
        return rasterizer.draw(motion, pose, restored);
      },
      destroy: () => rasterizer.destroy(),
    };
  });

  function takeContext(): OffscreenCanvasRenderingContext2D {
    // Pixels come from this side and may go back to a video: on a graphics device they would cross over twice.
    const taken = canvas.getContext("2d", { willReadFrequently: true });
    if (!taken) throw new Error("the canvas gave no 2D context");
    return taken;
  }

  return {
    renderer: "cpu",
    get passMs() {
      return sized.current.stageMs;
    },
    setTorso(pixels) {
      torso = pixels;
    },
    async draw(motion, pose, restored) {
      const { size, render } = sized.settle();
      const image = render(motion, pose, restored);
      context ??= takeContext();
      // Setting it clears the canvas, even to the size it has.
      if (canvas.width !== size.width) Object.assign(canvas, size);
      context.putImageData(image, 0, 0);
    },
    async rehearse(motion, pose) {
      sized.settle().render(motion, pose);
    },
    read: (motion, pose, restored) =>
      sized.atFullSize(async ({ render }) => {
        const { data } = render(motion, pose, restored);
        return new ImageData(new Uint8ClampedArray(data), full.width, full.height);
      }),
    setRestorer: sized.setRestorer,
    setScale: sized.setScale,
    destroy: sized.destroy,
  };
}
