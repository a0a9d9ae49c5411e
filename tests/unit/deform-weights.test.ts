import { PbfReader } from "pbf";
import { expect, test } from "vitest";
import { readDeformWeights } from "../../src/avatar/deform-weights";
import {
  defaultDeform,
  largestDifference,
  naiveOffset,
  onnxOffsets,
  randomInput,
  speechEncoder,
} from "../deform";

test("the weights compute what ONNX Runtime computes of the same file", async () => {
  const onnx = defaultDeform();
  const weights = readDeformWeights(onnx);
  if (weights === undefined) throw new Error("the default avatar's weights were not read");
  const inputs = [1, 2, 3].map(randomInput);
  const offsets = await onnxOffsets(inputs);
  for (const [i, input] of inputs.entries()) {
    // Rounding of float32 sums: 1.4e-6 where an offset is 8.
    expect(largestDifference(naiveOffset(weights, input), offsets[i] ?? [])).toBeLessThan(1e-3);
  }
});

/** The file with the n-th occurrence of a text overwritten. */
function rewritten(from: string, to: string, occurrence = 0): ArrayBuffer {
  const bytes = Buffer.from(defaultDeform());
  let place = bytes.indexOf(from);
  for (let i = 0; i < occurrence; i++) place = bytes.indexOf(from, place + 1);
  if (place < 0) throw new Error(`deform.onnx holds no ${from}`);
  bytes.set(Buffer.from(to), place);
  return new Uint8Array(bytes).buffer;
}

test.each([
  ["nothing of ours", speechEncoder()],
  ["another op", rewritten("Relu", "Tanh")],
  ["another wiring", rewritten("second_bias", "second_xias", 1)],
  ["a constant missing", rewritten("offset_bias_half", "offset_bias_haxf")],
  ["another attribute", rewritten("axis", "axes")],
])("a graph with %s is left to ONNX Runtime", (_, onnx) => {
  expect(readDeformWeights(onnx)).toBeUndefined();
});

/** Start of a constant's values, by the field order of the writer: dims, kind, name, values. */
function valuesOf(bytes: Buffer, name: string): number {
  const reader = new PbfReader(bytes);
  reader.pos = bytes.lastIndexOf(`${name}_half`) + `${name}_half`.length;
  if (reader.readVarint() >> 3 !== 9) throw new Error("the writer puts the values elsewhere now");
  reader.readVarint();
  return reader.pos;
}

test.each([
  ["infinite", 0x7c00],
  ["not a number", 0x7e00],
])("a weight that is %s leaves the graph to ONNX Runtime", (_, half) => {
  const bytes = Buffer.from(defaultDeform());
  bytes.writeUInt16LE(half, valuesOf(bytes, "second_weight") + 2 * 77);
  expect(readDeformWeights(new Uint8Array(bytes).buffer)).toBeUndefined();
});

test("half precision is widened exactly, the smallest numbers too", () => {
  const bytes = Buffer.from(defaultDeform());
  const start = valuesOf(bytes, "offset_bias");
  const halves = [0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xc000, 0x7bff];
  halves.forEach((half, i) => {
    bytes.writeUInt16LE(half, start + 2 * i);
  });
  const read = readDeformWeights(new Uint8Array(bytes).buffer)?.offsetBias.slice(0, halves.length);
  expect([...(read ?? [])]).toEqual([0, -0, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 1, -2, 65504]);
});

test("garbage and torn files are no graph, whatever their bytes", () => {
  expect(readDeformWeights(new ArrayBuffer(0))).toBeUndefined();
  expect(
    readDeformWeights(new TextEncoder().encode("<!doctype html>").buffer as ArrayBuffer),
  ).toBeUndefined();
  const whole = defaultDeform();
  for (let part = 0; part < 50; part++) {
    const torn = whole.slice(0, (whole.byteLength * part) / 50);
    expect(readDeformWeights(torn)).toBeUndefined();
  }
  // A length that reaches far beyond the file.
  const endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
  for (const head of [[0x3a], [0x3a, 0x7f, 0x2a], [0x3a, 0x7f, 0x2a, 0x7f, 0x0a]]) {
    expect(readDeformWeights(new Uint8Array([...head, ...endless]).buffer)).toBeUndefined();
  }
});
