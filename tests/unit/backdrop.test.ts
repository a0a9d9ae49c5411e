import "../wasm/platform";
import { describe, expect, test } from "vitest";
import { createBackdrop, createCutout } from "../../src/render/backdrop";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { image, likeness, noise } from "../wgsl/render";
import { CAMERA, faceCloud, POSE, randomOffset } from "../wgsl/scenes";

const SIZE = { width: 96, height: 80 };
const GREY: readonly number[] = [110, 120, 130];
/** A person up to here, half of a pixel, then wall. */
const EDGE = 60;

const matte = Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
  const x = i % SIZE.width;
  return x < EDGE ? 255 : x === EDGE ? 128 : 0;
});
const cutout = createCutout(matte, SIZE);
/** Red before grey, filmed: at the edge the two are mixed. */
const filmed = imageData(
  image(SIZE, (x, _, c) => {
    const front = [200, 40, 30][c] ?? 0;
    const back = GREY[c] ?? 0;
    return x < EDGE ? front : x === EDGE ? (front + back) / 2 : back;
  }),
);
const wallpaper = imageData(noise(SIZE, 5));
const nothing = new ImageData(SIZE.width, SIZE.height);

function imageData({ data }: { data: Uint8ClampedArray }): ImageData {
  const out = new ImageData(SIZE.width, SIZE.height);
  out.data.set(data);
  return out;
}
const at = ({ data }: ImageData, x: number, y: number) => {
  const first = 4 * (y * SIZE.width + x);
  return [...data.subarray(first, first + 4)];
};

describe("a torso frame before another background", () => {
  test("keeps the person, and of the wall nothing, not even at the edge", () => {
    const cut = createBackdrop(cutout, nothing);
    expect(cut.opaque).toBe(false);
    const frame = cut.stand(filmed);
    expect(at(frame, 0, 40)).toEqual([200, 40, 30, 255]);
    expect(at(frame, EDGE, 40)).toEqual([200, 40, 30, 128]);
    expect(at(frame, SIZE.width - 1, 0)).toEqual([0, 0, 0, 0]);
    expect(at(filmed, SIZE.width - 1, 0)).toEqual([...GREY, 255]);
  });

  test("shows it where the wall was", () => {
    const stood = createBackdrop(cutout, wallpaper);
    expect(stood.opaque).toBe(true);
    const frame = stood.stand(filmed);
    expect(at(frame, EDGE + 1, 7)).toEqual(at(wallpaper, EDGE + 1, 7));
    const [red = 0] = at(wallpaper, EDGE, 7);
    expect(Math.abs((at(frame, EDGE, 7)[0] ?? 0) - (200 * 128 + red * 127) / 255)).toBeLessThanOrEqual(1);
  });
});

test("a frame over a background equals the transparent frame laid over it", async () => {
  const rasterizer = await createWasmRasterizer(faceCloud(2000, 1, 6), CAMERA, SIZE, { threads: 1 });
  rasterizer.setMask(image(SIZE, (x) => (300 * x) / SIZE.width - 40));
  const draw = (behind: ImageData): Uint8ClampedArray => {
    rasterizer.setTorso(createBackdrop(cutout, behind).stand(filmed));
    return rasterizer.draw(randomOffset(2000, 7), POSE).data.slice();
  };
  const [over, sheer] = [draw(wallpaper), draw(nothing)];
  const laid = sheer.map((value, i) => {
    const alpha = (sheer[i | 3] ?? 0) / 255;
    return i % 4 === 3 ? 255 : alpha * value + (1 - alpha) * (wallpaper.data[i] ?? 0);
  });
  expect(at(imageData({ data: sheer }), SIZE.width - 1, 0)[3]).toBeLessThan(255);
  // A straight colour, its alpha and the sum are rounded to 8 bits one after the other.
  expect(likeness(over, laid).worst).toBeLessThanOrEqual(2);
  rasterizer.destroy();
});
