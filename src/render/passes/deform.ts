import { checkDeformWeights, type DeformWeights, HIDDEN_SIZE } from "../../avatar/deform-weights";
import { EXPRESSION_SIZE, LIP_SIZE } from "../../motion/conditions";
import { OFFSET_SIZE } from "../scene";
import type { BufferSet } from "./buffers";

const CONDITIONS = LIP_SIZE + EXPRESSION_SIZE;
/** Float offsets in `Network` of shaders/deform_project.wgsl. */
const FINITE = 48;
const SECOND_BIAS = 52;
const OFFSET_BIAS = SECOND_BIAS + 64;
const WEIGHTS = OFFSET_BIAS + 16;
const NETWORK_FLOATS = WEIGHTS + 512 * 16;
/** `rows` a Gaussian, four halves each: attention 12, feature 16. */
export const ROWS = 28;

/** The network of deform.onnx on the device. */
export interface DeformBuffers {
  /** Uniform. */
  readonly network: GPUBuffer;
  /** [28,N] of 4 halves */
  readonly rows: GPUBuffer;
  /** @throws {TypeError} `lip` has not 32 values or `expression` not 13. */
  writeConditions(lip: Float32Array, expression: Float32Array): void;
}

/** @throws {TypeError} the weights are for another count of Gaussians, or misshapen. */
export function createDeformBuffers(
  device: GPUDevice,
  buffers: BufferSet,
  weights: DeformWeights,
  count: number,
): DeformBuffers {
  checkDeformWeights(weights, count);
  const network = buffers.create("network", NETWORK_FLOATS * 4, GPUBufferUsage.UNIFORM);
  device.queue.writeBuffer(network, 0, packNetwork(weights));
  const rows = buffers.upload("deform_rows", packRows(weights));
  const data = new Float32Array(FINITE + 1);
  const words = new Uint32Array(data.buffer);
  const writeConditions = (lip: Float32Array, expression: Float32Array) => {
    checkLength("lip", lip, LIP_SIZE);
    checkLength("expression", expression, EXPRESSION_SIZE);
    data.set(lip);
    data.set(expression, LIP_SIZE);
    words[FINITE] = Number(lip.every(Number.isFinite) && expression.every(Number.isFinite));
    device.queue.writeBuffer(network, 0, data);
  };
  return { network, rows, writeConditions };
}

function checkLength(name: string, { length }: Float32Array, expected: number): void {
  if (length !== expected) throw new TypeError(`${name} has ${length} values: it must have ${expected}`);
}

function packNetwork(weights: DeformWeights): Float32Array<ArrayBuffer> {
  const packed = new Float32Array(NETWORK_FLOATS);
  packed.set(weights.secondBias, SECOND_BIAS);
  packed.set(weights.offsetBias, OFFSET_BIAS);
  let place = WEIGHTS;
  /** The 4×4 block of a row-major weight; zeros beyond its edges. */
  const put = (weight: Float32Array, [inputs, outputs]: readonly [number, number], i: number, o: number) => {
    for (let input = i * 4; input < i * 4 + 4; input++) {
      for (let output = o * 4; output < o * 4 + 4; output++) {
        const inside = input < inputs && output < outputs;
        packed[place++] = inside ? (weight[input * outputs + output] ?? 0) : 0;
      }
    }
  };
  for (let o = 0; o < 16; o++) {
    for (let i = 0; i < 12; i++) put(weights.firstFromConditions, [CONDITIONS, HIDDEN_SIZE], i, o);
  }
  for (let i = 0; i < 16; i++) {
    for (let o = 0; o < 16; o++) put(weights.secondWeight, [HIDDEN_SIZE, HIDDEN_SIZE], i, o);
  }
  for (let i = 0; i < 16; i++) {
    for (let o = 0; o < 4; o++) put(weights.offsetWeight, [HIDDEN_SIZE, OFFSET_SIZE], i, o);
  }
  return packed;
}

/** Gaussians side by side, so that neighbouring threads read neighbouring words. */
function packRows({ count, ...weights }: DeformWeights): Uint32Array<ArrayBuffer> {
  const packed = new Uint16Array(ROWS * 4 * count);
  const put = (values: Float32Array, width: number, first: number) => {
    const halves = narrow(values);
    for (let column = 0; column < width; column++) {
      const place = first + column;
      let target = (place >> 2) * count * 4 + (place & 3);
      for (let source = column; source < halves.length; source += width) {
        packed[target] = halves[source] ?? 0;
        target += 4;
      }
    }
  };
  put(weights.lipAttention, LIP_SIZE, 0);
  put(weights.expressionAttention, EXPRESSION_SIZE, LIP_SIZE);
  put(weights.firstFromFeature, HIDDEN_SIZE, 48);
  return new Uint32Array(packed.buffer);
}

/** Float32 values that are float16's as those, exactly: `widen` of deform-weights.ts the other way. */
function narrow(values: Float32Array): Uint16Array {
  const small = new Float32Array(values.length);
  for (let i = 0; i < small.length; i++) small[i] = (values[i] ?? 0) * 2 ** -112;
  const bits = new Uint32Array(small.buffer);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < halves.length; i++) {
    const word = bits[i] ?? 0;
    halves[i] = ((word >>> 16) & 0x8000) | ((word >>> 13) & 0x7fff);
  }
  return halves;
}
