import type { Size } from "./scene";

/** Pixels as canvases hold them: rgba, 8 bits, not premultiplied. */
export type Pixels = Pick<ImageData, "width" | "height" | "data">;

/**
 * Turns pictures into sRGB pixels of one size, the same on every machine: both renderers start from these.
 * @param alpha whether they may be transparent; each is drawn over the last.
 */
export function createPixelReader(
  width: number,
  height: number,
  alpha = false,
): (draw: (context: OffscreenCanvasRenderingContext2D) => void) => ImageData {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha, willReadFrequently: true });
  if (!context) throw new Error("the browser gave no 2D canvas");
  return (draw) => {
    draw(context);
    return context.getImageData(0, 0, width, height);
  };
}

/** Brings pixels of one size to another. */
export function createScaler(from: Size, to: Size): (pixels: ImageData) => ImageData {
  const source = new OffscreenCanvas(from.width, from.height);
  const context = source.getContext("2d");
  if (!context) throw new Error("the browser gave no 2D canvas");
  const read = createPixelReader(to.width, to.height, true);
  return (pixels) => {
    context.putImageData(pixels, 0, 0);
    return read((target) => {
      target.globalCompositeOperation = "copy";
      target.drawImage(source, 0, 0, to.width, to.height);
    });
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

/** A copy whose colours are shares of their opacity. */
export function premultiply({ data, width, height }: ImageData): ImageData {
  const out = new ImageData(width, height);
  out.data.set(data);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] ?? 0;
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c++) out.data[c] = ((data[c] ?? 0) * alpha) / 255;
  }
  return out;
}

/** The other way round, in place. */
export function unpremultiply(pixels: ImageData): ImageData {
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] ?? 0;
    if (alpha === 255 || alpha === 0) continue;
    for (let c = i; c < i + 3; c++) data[c] = ((data[c] ?? 0) * 255) / alpha;
  }
  return pixels;
}
