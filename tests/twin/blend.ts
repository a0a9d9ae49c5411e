import type { Size } from "../../src/render/scene";
import type { Splats } from "./project";

const ALPHA_MAX = 0.99;
const TRANSMITTANCE_MIN = 1e-4;

/**
 * Twin of shaders/blend.wgsl: one splat after another, over the rows and columns that its ellipse covers.
 * @param order splats, nearest first.
 * @param picture [height,width,4] receives premultiplied rgb and transmittance T.
 */
export function blend(splats: Splats, order: Uint32Array, size: Size, picture: Float32Array): void {
  for (let pixel = 0; pixel < picture.length; pixel += 4) {
    picture[pixel] = 0;
    picture[pixel + 1] = 0;
    picture[pixel + 2] = 0;
    picture[pixel + 3] = 1;
  }
  for (const index of order) blendSplat(splats, index, size, picture);
}

function blendSplat(splats: Splats, index: number, size: Size, picture: Float32Array): void {
  const reach = splats.reach[index] as number;
  const opacity = splats.opacity[index] as number;
  const meanX = splats.mean[index * 2] as number;
  const meanY = splats.mean[index * 2 + 1] as number;
  const a = splats.conic[index * 3] as number;
  const b = splats.conic[index * 3 + 1] as number;
  const c = splats.conic[index * 3 + 2] as number;
  const red = splats.color[index * 3] as number;
  const green = splats.color[index * 3 + 1] as number;
  const blue = splats.color[index * 3 + 2] as number;

  const determinant = a * c - b * b;
  const halfHeight = Math.sqrt((reach * a) / determinant);
  const top = Math.max(0, Math.ceil(meanY - halfHeight - 0.5));
  const bottom = Math.min(size.height - 1, Math.floor(meanY + halfHeight - 0.5));
  for (let y = top; y <= bottom; y++) {
    const dy = y + 0.5 - meanY;
    // q ≤ reach is an interval of this row; a pixel at its very end is decided by alpha ≥ 1/255 below.
    const halfWidth = Math.sqrt(Math.max(0, a * reach - determinant * dy * dy)) / a;
    const centre = meanX - (b / a) * dy;
    const left = Math.max(0, Math.floor(centre - halfWidth - 0.5));
    const right = Math.min(size.width - 1, Math.ceil(centre + halfWidth - 0.5));
    for (let x = left; x <= right; x++) {
      const pixel = (y * size.width + x) * 4;
      const transmittance = picture[pixel + 3] as number;
      if (transmittance < TRANSMITTANCE_MIN) continue;
      const dx = x + 0.5 - meanX;
      const q = a * dx * dx + 2 * b * dx * dy + c * dy * dy;
      if (q > reach) continue;
      const weight = transmittance * Math.min(ALPHA_MAX, opacity * Math.exp(-0.5 * q));
      picture[pixel] = (picture[pixel] as number) + weight * red;
      picture[pixel + 1] = (picture[pixel + 1] as number) + weight * green;
      picture[pixel + 2] = (picture[pixel + 2] as number) + weight * blue;
      picture[pixel + 3] = transmittance - weight;
    }
  }
}
