import { type GaussianCloud, type HeadPose, OFFSET_SIZE, rotationMatrix } from "../../src/render/scene";
import {
  add,
  dot,
  type Matrix,
  multiply,
  quaternionMatrix,
  scale,
  transform,
  transformRow,
  type Vector,
} from "./algebra";
import { sphericalHarmonics } from "./spherical-harmonics";

/** Projected Gaussians: alpha(d) = opacity·exp(−q/2), q = a·dx² + 2b·dx·dy + c·dy². */
export interface Splats {
  /** [N] q where alpha falls to 1/255; 0: dropped. */
  reach: Float64Array;
  /** [N] dm, rounded to float32. */
  depth: Float32Array;
  /** [N,2] px */
  mean: Float64Array;
  /** [N,3] a b c, px⁻² */
  conic: Float64Array;
  /** [N] */
  opacity: Float64Array;
  /** [N,3] */
  color: Float64Array;
}

export function createSplats(count: number): Splats {
  return {
    reach: new Float64Array(count),
    depth: new Float32Array(count),
    mean: new Float64Array(count * 2),
    conic: new Float64Array(count * 3),
    opacity: new Float64Array(count),
    color: new Float64Array(count * 3),
  };
}

/** The camera in pixels of the picture; see `pinhole`. */
export interface View {
  focal: readonly [x: number, y: number];
  principal: readonly [x: number, y: number];
  slopeLimit: readonly [x: number, y: number];
  position: Vector;
}

// Depths are float32, so is this.
const NEAR = Math.fround(0.2);
const DILATION = 0.3;

/** Twin of shaders/project.wgsl, in float64; fills `splats`. */
export function project(
  cloud: GaussianCloud,
  offset: Float32Array,
  pose: HeadPose,
  view: View,
  splats: Splats,
): void {
  const head = rotationMatrix(pose.rotation);
  const coefficients = (cloud.shDegree + 1) ** 2;
  for (let i = 0; i < cloud.count; i++) {
    splats.reach[i] = 0;
    const o = i * OFFSET_SIZE;
    const logit = at(cloud.opacityLogit, i) + at(offset, o + 10);
    const opacity = 1 / (1 + Math.exp(-logit));
    const reach = 2 * Math.log(255 * opacity);
    if (!Number.isFinite(logit) || reach <= 0) continue;

    const w = at(cloud.headWeight, i);
    const position = add(vector(cloud.position, i * 3), vector(offset, o));
    const turned = add(
      add(transform(head, add(position, scale(-1, pose.pivot))), pose.pivot),
      pose.translation,
    );
    const posed = add(scale(1 - w, position), scale(w, turned));
    const seen = add(posed, scale(-1, view.position));
    const depth = Math.fround(-seen[2]);
    if (!seen.every(Number.isFinite) || depth <= NEAR) continue;

    // Σ₂ = J·M·R·S²·Rᵀ·Mᵀ·Jᵀ + dilation.
    const m = head.map((row, k) =>
      add(scale(w, row), scale(1 - w, IDENTITY[k] as Vector)),
    ) as unknown as Matrix;
    const logScale = add(vector(cloud.logScale, i * 3), vector(offset, o + 7));
    if (!logScale.every(Number.isFinite)) continue;
    const axes = multiply(m, quaternion(cloud.rotation, i * 4, offset, o + 3));
    const s: Vector = [Math.exp(logScale[0]), Math.exp(logScale[1]), Math.exp(logScale[2])];
    const [slopeX, slopeY] = [
      limit(seen[0] / depth, view.slopeLimit[0]),
      limit(seen[1] / depth, view.slopeLimit[1]),
    ];
    const rowX = times(transformRow([view.focal[0] / depth, 0, (view.focal[0] * slopeX) / depth], axes), s);
    const rowY = times(transformRow([0, -view.focal[1] / depth, (-view.focal[1] * slopeY) / depth], axes), s);
    const xx = dot(rowX, rowX) + DILATION;
    const xy = dot(rowX, rowY);
    const yy = dot(rowY, rowY) + DILATION;
    const determinant = xx * yy - xy * xy;

    const basis = sphericalHarmonics(cloud.shDegree, transformRow(seen, m));
    let color = add([0.5, 0.5, 0.5], vector(offset, o + 11));
    for (let c = 0; c < coefficients; c++) {
      color = add(
        color,
        scale(basis[c] as number, vector(cloud.sphericalHarmonics, (i * coefficients + c) * 3)),
      );
    }
    if (!(determinant > 0 && determinant < Number.POSITIVE_INFINITY) || !color.every(Number.isFinite))
      continue;

    splats.reach[i] = reach;
    splats.depth[i] = depth;
    splats.opacity[i] = opacity;
    splats.mean[i * 2] = view.principal[0] + (view.focal[0] * seen[0]) / depth;
    splats.mean[i * 2 + 1] = view.principal[1] - (view.focal[1] * seen[1]) / depth;
    splats.conic.set([yy / determinant, -xy / determinant, xx / determinant], i * 3);
    splats.color.set([Math.max(0, color[0]), Math.max(0, color[1]), Math.max(0, color[2])], i * 3);
  }
}

const IDENTITY: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

function at(array: Float32Array, index: number): number {
  return array[index] as number;
}

function vector(array: Float32Array, index: number): Vector {
  return [at(array, index), at(array, index + 1), at(array, index + 2)];
}

function quaternion(rest: Float32Array, i: number, offset: Float32Array, o: number): Matrix {
  const sum = (k: number) => at(rest, i + k) + at(offset, o + k);
  return quaternionMatrix(sum(0), sum(1), sum(2), sum(3));
}

function times(a: Vector, b: Vector): Vector {
  return [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
}

function limit(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
