import { expect, test } from "vitest";
import type { Avatar } from "../../src/avatar/load";
import type { Conditions } from "../../src/motion/conditions";
import { createHead } from "../../src/render/head";

test("a head is never drawn over nothing, however slowly its torso is decoded", async () => {
  const frames = new Map<number, ImageData>();
  const frame = (index: number) => ({ width: index, height: 1, data: new Uint8ClampedArray(4) }) as ImageData;
  const drawnOver: (number | undefined)[] = [];
  let under: ImageData | undefined;
  const head = createHead(
    { manifest: { pivot: [0, 0, 0] } } as unknown as Avatar,
    {
      renderer: "cpu",
      passMs: {},
      setTorso: (torso) => {
        under = torso;
      },
      draw: async () => void drawnOver.push(under?.width),
      rehearse: async () => undefined,
      read: async () => frame(0),
      setRestorer: async () => undefined,
      setScale: async () => undefined,
      destroy: () => undefined,
    },
    { provider: "fused", run: async () => new Float32Array(0), release: async () => undefined },
    {
      opaque: true,
      filmed: true,
      setBackground: async () => undefined,
      get: (index) => frames.get(index),
      ready: async () => undefined,
      exact: async (index) => frame(index),
      destroy: () => undefined,
    },
    () => true,
  );
  const at = (torsoFrame: number) => ({ torsoFrame }) as Conditions;
  await head.show(at(7));
  await head.show(at(8));
  frames.set(9, frame(9));
  await head.show(at(9));
  expect(drawnOver).toEqual([7, 7, 9]);
});
