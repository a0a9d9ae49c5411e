import type { Vector } from "./algebra";

/**
 * The real spherical harmonics of degree ≤ `degree` at a direction of any length, in the order and signs of 3DGS
 * (Kerbl et al. 2023): the basis after Sloan, "Efficient Spherical Harmonic Evaluation", odd orders negated.
 * @returns [(degree + 1)²]
 */
export function sphericalHarmonics(degree: number, direction: Vector): number[] {
  const length = Math.hypot(...direction);
  const [x, y, z] = [direction[0] / length, direction[1] / length, direction[2] / length];
  const root = (n: number) => Math.sqrt(n / Math.PI);
  const bands = [
    () => [root(1 / 4)],
    () => [-root(3 / 4) * y, root(3 / 4) * z, -root(3 / 4) * x],
    () => [
      root(15 / 4) * x * y,
      -root(15 / 4) * y * z,
      root(5 / 16) * (3 * z * z - 1),
      -root(15 / 4) * x * z,
      root(15 / 16) * (x * x - y * y),
    ],
    () => [
      -root(35 / 32) * y * (3 * x * x - y * y),
      root(105 / 4) * x * y * z,
      -root(21 / 32) * y * (5 * z * z - 1),
      root(7 / 16) * z * (5 * z * z - 3),
      -root(21 / 32) * x * (5 * z * z - 1),
      root(105 / 16) * z * (x * x - y * y),
      -root(35 / 32) * x * (x * x - 3 * y * y),
    ],
  ];
  return bands.slice(0, degree + 1).flatMap((band) => band());
}
