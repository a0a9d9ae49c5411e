import { type Cue, captionAt } from "./captions";

/** Shares of the picture's height. */
const FONT = 0.05;
const LINE = 1.35 * FONT;
const BOTTOM = 0.95;
/** Share of the width that a line may take. */
const WIDTH = 0.9;

/** Draws captions under a picture; hands on the picture itself where there is none to read. */
export function createCaptioner(
  cues: readonly Cue[],
  { width, height }: { readonly width: number; readonly height: number },
): (picture: OffscreenCanvas, time: number) => OffscreenCanvas {
  if (cues.length === 0) return (picture) => picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("the canvas gave no 2D context");
  context.font = `600 ${FONT * height}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";

  /** At spaces, where a line is too wide. */
  function wrap(line: string): string[] {
    const lines: string[] = [];
    for (const word of line.split(" ")) {
      const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
      const fits = lines.length > 0 && (context?.measureText(longer).width ?? 0) <= WIDTH * width;
      if (fits) lines.splice(-1, 1, longer);
      else lines.push(word);
    }
    return lines;
  }

  return (picture, time) => {
    const lines = captionAt(cues, time).flatMap(wrap);
    if (lines.length === 0) return picture;
    context.globalCompositeOperation = "copy";
    context.drawImage(picture, 0, 0);
    context.globalCompositeOperation = "source-over";
    lines.forEach((line, i) => {
      const middle = (BOTTOM - (lines.length - i - 0.5) * LINE) * height;
      const reach = context.measureText(line).width + FONT * height;
      context.fillStyle = "rgb(0 0 0 / 70%)";
      context.fillRect((width - reach) / 2, middle - (LINE * height) / 2, reach, LINE * height);
      context.fillStyle = "white";
      context.fillText(line, width / 2, middle);
    });
    return canvas;
  };
}
