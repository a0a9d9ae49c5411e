import { LipsplatError } from "../player/errors";
import type { Background } from "./background";
import { createPixelReader } from "./pixels";
import type { Size } from "./scene";

/**
 * A background as pixels; nothing at all where it is transparent.
 * @throws LipsplatError `bad-option` where the colour is none.
 */
export function paintBackground(
  background: Exclude<Background, "avatar">,
  { width, height }: Size,
): ImageData {
  if (background === "transparent") return new ImageData(width, height);
  return createPixelReader(
    width,
    height,
    true,
  )((context) => {
    if ("color" in background) {
      context.fillStyle = readColor(context, background.color);
      context.fillRect(0, 0, width, height);
      return;
    }
    const { image } = background;
    const scale = Math.max(width / image.width, height / image.height);
    const [w, h] = [scale * image.width, scale * image.height];
    context.imageSmoothingQuality = "high";
    context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
  });
}

/** A context keeps the last colour where it is told of one that is none. */
function readColor(context: OffscreenCanvasRenderingContext2D, color: string): string {
  const read = ["#000", "#fff"].map((before) => {
    context.fillStyle = before;
    context.fillStyle = color;
    return context.fillStyle;
  });
  if (read[0] !== read[1]) throw new LipsplatError("bad-option", `"${color}" is no CSS colour.`);
  return color;
}
