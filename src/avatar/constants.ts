import type { OnnxTensor } from "./onnx-graph";

/** `TensorProto.DataType` */
const FLOAT32 = 1;
const INT8 = 3;
const FLOAT16 = 10;

/** @throws {TypeError} the tensor has another shape or kind, or holds a value that is not finite. */
export function halves(tensor: OnnxTensor | undefined, dims: readonly number[]): Float32Array<ArrayBuffer> {
  return widen(new Uint16Array(bufferOf(tensor, FLOAT16, 2, dims)));
}

/**
 * A table [rows, columns] in bytes, times each column's step [columns].
 * @throws {TypeError} either has another shape or kind, or a step is not finite.
 */
export function byteColumns(
  table: OnnxTensor | undefined,
  step: OnnxTensor | undefined,
  [rows, columns]: readonly [number, number],
): Float32Array<ArrayBuffer> {
  const bytes = new Int8Array(bufferOf(table, INT8, 1, [rows, columns]));
  const steps = new Float32Array(bufferOf(step, FLOAT32, 4, [columns]));
  if (!steps.every(Number.isFinite)) throw new TypeError("not finite");
  return Float32Array.from(bytes, (byte, i) => byte * (steps[i % columns] ?? 0));
}

/** A copy of the tensor's values. */
function bufferOf(
  tensor: OnnxTensor | undefined,
  dataType: number,
  size: number,
  dims: readonly number[],
): ArrayBuffer {
  const length = dims.reduce((product, n) => product * n, 1);
  const fits = tensor?.dataType === dataType && tensor.dims.join() === dims.join();
  if (!fits || tensor.raw.byteLength !== length * size) throw new TypeError("another shape or kind");
  return tensor.raw.slice().buffer;
}

/** IEEE 754 binary16 as float32 (Float16Array is not yet everywhere): the bits moved to their places, 2¹¹² too small. */
function widen(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] ?? 0;
    if ((half & 0x7c00) === 0x7c00) throw new TypeError("not finite");
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
  }
  const wide = new Float32Array(bits.buffer);
  for (let i = 0; i < wide.length; i++) wide[i] = (wide[i] ?? 0) * 2 ** 112;
  return wide;
}
