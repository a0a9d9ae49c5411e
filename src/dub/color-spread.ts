/** Widths of the coarser pictures whose colours fill what is transparent, as shares of the picture's. */
const LEVELS = [1 / 4, 1 / 16, 1 / 64, 0];

export interface StraightPicture {
  /** [height, width, 4] RGBX: colours that reach beyond the person's outline. */
  readonly straight: Uint8ClampedArray<ArrayBuffer>;
  /** I420 whose luma is the alpha. */
  readonly alpha: Uint8Array<ArrayBuffer>;
}

/**
 * Takes a picture apart into colour and alpha. Where it is transparent it takes the colours nearby: the codec mixes
 * neighbours, and black there would darken the outline.
 */
export function createColorSpread(
  width: number,
  height: number,
): (canvas: OffscreenCanvas) => StraightPicture {
  const surface = (w: number, h: number) => {
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(w)), Math.max(1, Math.round(h)));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("the canvas gave no 2D context");
    context.imageSmoothingQuality = "high";
    return { canvas, context };
  };
  const full = surface(width, height);
  const coarser = LEVELS.map((share) => surface(share * width, share * height));
  const mean = coarser.at(-1);
  const alpha = new Uint8Array(width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)).fill(128);

  return (picture) => {
    const { context } = full;
    context.globalCompositeOperation = "copy";
    context.drawImage(picture, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height).data;
    for (let i = 0; i < width * height; i++) alpha[i] = pixels[4 * i + 3] ?? 0;

    let finer: OffscreenCanvas = full.canvas;
    for (const { canvas, context: small } of coarser) {
      small.globalCompositeOperation = "copy";
      small.drawImage(finer, 0, 0, canvas.width, canvas.height);
      finer = canvas;
    }
    // Under itself, coarser and coarser; four times over, for a blurred edge is thin. Last the mean colour.
    context.globalCompositeOperation = "destination-over";
    for (const { canvas } of coarser)
      for (let i = 0; i < 4; i++) context.drawImage(canvas, 0, 0, width, height);
    const [r = 0, g = 0, b = 0] = mean?.context.getImageData(0, 0, 1, 1).data ?? [];
    context.fillStyle = `rgb(${r} ${g} ${b})`;
    context.fillRect(0, 0, width, height);
    return { straight: context.getImageData(0, 0, width, height).data, alpha };
  };
}
