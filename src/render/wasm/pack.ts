import type { DeformWeights } from "../../avatar/deform-weights";
import { EXPRESSION_SIZE, LIP_SIZE } from "../../motion/conditions";
import { type GaussianCloud, OFFSET_SIZE } from "../scene";
import type { Kernel } from "./kernel";

/** Four Gaussians' attributes lie together. */
const LANES = 4;
/** An opacity of nothing: what fills the last four. */
const NO_OPACITY = -1000;

/** Writes the cloud where `project` reads it: [N/4, 12, 4] and [N/4, coefficients, 3, 4]. */
export function packCloud(cloud: GaussianCloud, kernel: Kernel, buffer: ArrayBufferLike): void {
  const blocks = Math.ceil(cloud.count / LANES);
  const gaussians = new Float32Array(buffer, kernel.gaussians(), blocks * 12 * LANES);
  const attributes = [cloud.position, cloud.headWeight, cloud.rotation, cloud.logScale, cloud.opacityLogit];
  let place = 0;
  for (const source of attributes) {
    const columns = cloud.count > 0 ? source.length / cloud.count : 0;
    interleave(source, columns, gaussians, place, 12);
    place += columns;
  }
  for (let i = cloud.count; i < blocks * LANES; i++) {
    gaussians[blocks * 12 * LANES - LANES + (i % LANES)] = NO_OPACITY;
  }
  const columns = (cloud.shDegree + 1) ** 2 * 3;
  const harmonics = new Float32Array(buffer, kernel.harmonics(), blocks * columns * LANES);
  interleave(cloud.sphericalHarmonics, columns, harmonics, 0, columns);
}

/** source [N, columns] → columns `place` on of target [N/4, width, 4]. */
function interleave(
  source: Float32Array,
  columns: number,
  target: Float32Array,
  place: number,
  width: number,
): void {
  for (let at = 0; at < source.length; at++) {
    const i = Math.floor(at / columns);
    const column = place + (at % columns);
    target[(Math.floor(i / LANES) * width + column) * LANES + (i % LANES)] = source[at] as number;
  }
}

/** Rows of 48 conditions: as many floats as whole vectors. */
const CONDITIONS = 48;

/** Writes the network where `deform` reads it. */
export function packWeights(weights: DeformWeights, kernel: Kernel, buffer: ArrayBufferLike): void {
  const floats = (address: number, length: number) => new Float32Array(buffer, address, length);
  const attention = floats(kernel.attention(), weights.count * CONDITIONS);
  copyRows(weights.lipAttention, LIP_SIZE, attention, CONDITIONS);
  copyRows(weights.expressionAttention, EXPRESSION_SIZE, attention.subarray(LIP_SIZE), CONDITIONS);
  floats(kernel.firstFromFeature(), weights.firstFromFeature.length).set(weights.firstFromFeature);
  floats(kernel.firstFromConditions(), weights.firstFromConditions.length).set(weights.firstFromConditions);
  const second = floats(kernel.second(), 65 * 64);
  second.set(weights.secondWeight);
  second.set(weights.secondBias, 64 * 64);
  const last = floats(kernel.last(), 65 * 16);
  copyRows(weights.offsetWeight, OFFSET_SIZE, last, 16);
  last.set(weights.offsetBias, 64 * 16);
}

function copyRows(source: Float32Array, columns: number, target: Float32Array, stride: number): void {
  for (let from = 0, to = 0; from < source.length; from += columns, to += stride) {
    target.set(source.subarray(from, from + columns), to);
  }
}
