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
