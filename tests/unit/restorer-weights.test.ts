import { expect, test } from "vitest";
import { readRestorerWeights } from "../../src/avatar/restorer-weights";
import { defaultRestorer } from "../default-restorer";
import { defaultDeform } from "../deform";

const { weights, onnx } = defaultRestorer();
const { box } = weights;

test.each([
  ["made for another box", onnx, { ...box, width: box.width + 32 }],
  ["another network", defaultDeform(), box],
  ["no ONNX file", new TextEncoder().encode("restorer").buffer, box],
])("a restorer that is %s is refused by name, with what to do", (_, bytes, wanted) => {
  expect(() => readRestorerWeights("restorer.onnx", bytes, wanted)).toThrow(
    expect.objectContaining({
      code: "bundle-corrupt",
      message: expect.stringMatching(/restorer\.onnx .*lipsplat train-restorer/),
    }),
  );
});

test("every weight is there and finite", () => {
  const { place, pose, enter, leave, rise } = weights;
  expect(place.length).toBe((enter.outputs * box.width * box.height) / 4);
  expect(pose.length).toBe(6 * enter.outputs);
  expect([leave.outputs, enter.inputs, rise.bias]).toEqual([12, 12, null]);
  for (const values of [place, pose, enter.weight, leave.weight, rise.weight]) {
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values.some((value) => value !== 0)).toBe(true);
  }
});
