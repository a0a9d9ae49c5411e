import type { Size } from "./scene";

/** Pixels as canvases hold them: rgba, 8 bits, not premultiplied. */
export type Pixels = Pick<ImageData, "width" | "height" | "data">;

/** Turns pictures into sRGB pixels of one size, the same on every machine: both renderers start from these. */
export function createPixelReader(
  width: number,
  height: number,
): (draw: (context: OffscreenCanvasRenderingContext2D) => void) => ImageData {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  if (!context) throw new Error("the browser gave no 2D canvas");
  return (draw) => {
    draw(context);
    return context.getImageData(0, 0, width, height);
  };
}

/** Brings pixels of one size to another. */
export function createScaler(from: Size, to: Size): (pixels: ImageData) => ImageData {
  const source = new OffscreenCanvas(from.width, from.height);
  const context = source.getContext("2d", { alpha: false });
  if (!context) throw new Error("the browser gave no 2D canvas");
  const read = createPixelReader(to.width, to.height);
  return (pixels) => {
    context.putImageData(pixels, 0, 0);
    return read((target) => target.drawImage(source, 0, 0, to.width, to.height));
  };
}

/** face_mask.png as pixels of the canvas' size. */
export async function readMask(mask: ArrayBuffer, width: number, height: number): Promise<ImageData> {
  const bitmap = await createImageBitmap(new Blob([mask]), { colorSpaceConversion: "none" });
  const pixels = createPixelReader(
    width,
    height,
  )((context) => context.drawImage(bitmap, 0, 0, width, height));
  bitmap.close();
  return pixels;
}
