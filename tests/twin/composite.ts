import type { Pixels } from "../../src/render/pixels";

/**
 * Twin of shaders/composite.wgsl: final = m·(C + (1 − A)·torso) + (1 − m)·torso.
 * @param picture [height,width,4] premultiplied rgb and transmittance.
 * @param out torso, mask and out have the picture's size.
 */
export function composite(
  picture: Float32Array,
  torso: Pixels | null,
  mask: Pixels | null,
  out: Pixels,
): void {
  const pixels = out.data;
  for (let i = 0; i < pixels.length; i += 4) {
    const trust = mask === null ? 1 : (mask.data[i] as number) / 255;
    const covered = trust * (1 - (picture[i + 3] as number));
    const under = torso === null ? 0 : (torso.data[i + 3] as number) / 255;
    const alpha = covered + (1 - covered) * under;
    for (let rgb = i; rgb < i + 3; rgb++) {
      const torsoColor = torso === null ? 0 : (torso.data[rgb] as number) * under;
      const color = 255 * trust * (picture[rgb] as number) + (1 - covered) * torsoColor;
      pixels[rgb] = alpha > 0 ? color / alpha : 0;
    }
    pixels[i + 3] = 255 * alpha;
  }
}
