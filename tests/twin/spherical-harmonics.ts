import type { Vector } from "./algebra";

const root = (n: number) => Math.sqrt(n / Math.PI);
const [BAND_0, BAND_1] = [root(1 / 4), root(3 / 4)];
const [XY, ZZ, XX_YY] = [root(15 / 4), root(5 / 16), root(15 / 16)];
const [XXX, XYZ, XZZ, ZZZ, ZXX] = [root(35 / 32), root(105 / 4), root(21 / 32), root(7 / 16), root(105 / 16)];

/**
 * The real spherical harmonics of degree ≤ `degree` at a direction of any length, in the order and signs of 3DGS
 * (Kerbl et al. 2023): the basis after Sloan, "Efficient Spherical Harmonic Evaluation", odd orders negated.
 * @returns [(degree + 1)²]
 */
export function sphericalHarmonics(degree: number, direction: Vector): number[] {
  const length = Math.hypot(...direction);
  const [x, y, z] = [direction[0] / length, direction[1] / length, direction[2] / length];
  const basis = [BAND_0];
  if (degree > 0) basis.push(-BAND_1 * y, BAND_1 * z, -BAND_1 * x);
  if (degree > 1) {
    basis.push(XY * x * y, -XY * y * z, ZZ * (3 * z * z - 1), -XY * x * z, XX_YY * (x * x - y * y));
  }
  if (degree > 2) {
    basis.push(
      -XXX * y * (3 * x * x - y * y),
      XYZ * x * y * z,
      -XZZ * y * (5 * z * z - 1),
      ZZZ * z * (5 * z * z - 3),
      -XZZ * x * (5 * z * z - 1),
      ZXX * z * (x * x - y * y),
      -XXX * x * (x * x - 3 * y * y),
    );
  }
  return basis;
}
