import type { Background } from "./background";
import { paintBackground } from "./paint";
import { readMask } from "./pixels";
import type { Size } from "./scene";

/** At least so opaque is a pixel whose colour is the person's own. */
const OPAQUE = 250;
/** Pixels from a soft pixel to the next opaque one, at most. */
const REACH = 12;

/** Where the person ends in a torso frame, and whose colour the soft pixels there have. */
export interface Cutout extends Size {
  /** First and past-the-end pixel of each stretch of nothing but wall. */
  readonly wall: readonly (readonly [first: number, end: number])[];
  /** Pixels that are neither person nor wall alone. */
  readonly soft: Uint32Array;
  /** Their opacity, 1 … 254. */
  readonly opacity: Uint8Array;
  /** The opaque pixel nearest to each: its own colour has wall in it. */
  readonly source: Uint32Array;
}

/**
 * What stands a background behind the person.
 * @param matte 8-bit grey PNG bytes: the opacity of each pixel.
 * @returns what makes one; it throws LipsplatError `bad-option` where the colour is none.
 */
export async function openBackdrops(
  matte: ArrayBuffer,
  size: Size,
): Promise<(background: Exclude<Background, "avatar">) => Backdrop> {
  const { data } = await readMask(matte, size.width, size.height);
  const opacity = data.filter((_, i) => i % 4 === 0);
  const cutout = createCutout(opacity, size);
  return (background) => createBackdrop(cutout, paintBackground(background, size));
}

/** @param matte [height,width] opacity, 0 … 255. */
export function createCutout(matte: ArrayLike<number>, { width, height }: Size): Cutout {
  const wall: [number, number][] = [];
  const soft: number[] = [];
  for (let i = 0; i < width * height; i++) {
    const opacity = matte[i] ?? 0;
    if (opacity > 0 && opacity < 255) soft.push(i);
    if (opacity > 0) continue;
    const last = wall.at(-1);
    if (last?.[1] === i) last[1]++;
    else wall.push([i, i + 1]);
  }
  const around = offsetsAround(REACH);
  const nearestOpaque = (pixel: number): number => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (const [dx, dy] of around) {
      const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
      const other = pixel + dy * width + dx;
      if (inside && (matte[other] ?? 0) >= OPAQUE) return other;
    }
    return pixel;
  };
  return {
    width,
    height,
    wall,
    soft: Uint32Array.from(soft),
    opacity: Uint8Array.from(soft, (pixel) => matte[pixel] ?? 0),
    source: Uint32Array.from(soft, nearestOpaque),
  };
}

/** Nearest first. */
function offsetsAround(reach: number): [dx: number, dy: number][] {
  const side = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return side
    .flatMap((dy) => side.map((dx): [number, number] => [dx, dy]))
    .sort(([ax, ay], [bx, by]) => ax * ax + ay * ay - bx * bx - by * by);
}

/** What stands behind the person instead of the wall. */
export interface Backdrop {
  /** Whether nothing shines through it. */
  readonly opaque: boolean;
  /** A copy of the torso frame with this behind the person. */
  stand(torso: ImageData): ImageData;
}

/** @param behind rgba of the cutout's size. */
export function createBackdrop({ wall, soft, opacity, source }: Cutout, behind: ImageData): Backdrop {
  return {
    opaque: behind.data.every((value, i) => i % 4 !== 3 || value === 255),
    stand({ data, width, height }) {
      const out = new ImageData(width, height);
      out.data.set(data);
      for (const [first, end] of wall) out.data.set(behind.data.subarray(4 * first, 4 * end), 4 * first);
      for (let i = 0; i < soft.length; i++) {
        const at = 4 * (soft[i] ?? 0);
        const own = 4 * (source[i] ?? 0);
        const front = (opacity[i] ?? 0) / 255;
        const back = (1 - front) * ((behind.data[at + 3] ?? 0) / 255);
        const share = front / (front + back);
        for (let c = 0; c < 3; c++) {
          out.data[at + c] = share * (data[own + c] ?? 0) + (1 - share) * (behind.data[at + c] ?? 0);
        }
        out.data[at + 3] = 255 * (front + back);
      }
      return out;
    },
  };
}
