import type { OnnxTensor } from "./onnx-graph";

/** `TensorProto.DataType` */
const FLOAT16 = 10;

/** @throws {TypeError} the tensor has another shape or kind, or holds a value that is not finite. */
export function halves(tensor: OnnxTensor | undefined, dims: readonly number[]): Float32Array<ArrayBuffer> {
  const length = dims.reduce((product, n) => product * n, 1);
  const fits = tensor?.dataType === FLOAT16 && tensor.dims.join() === dims.join();
  if (!fits || tensor.raw.byteLength !== length * 2) throw new TypeError("another shape or kind");
  return widen(new Uint16Array(tensor.raw.slice().buffer));
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
