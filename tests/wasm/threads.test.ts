import "./platform";
import { expect, test } from "vitest";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { image, noise, sameBytes } from "../wgsl/render";
import { CAMERA, faceCloud, POSE, randomOffset } from "../wgsl/scenes";

const SIZE = { width: 333, height: 419 };

test("three threads draw bit for bit what one draws, frame after frame", async () => {
  const cloud = faceCloud(20_001, 1, 1);
  const offset = randomOffset(cloud.count, 2);
  const [alone, together] = [
    await createWasmRasterizer(cloud, CAMERA, SIZE, { threads: 1 }),
    await createWasmRasterizer(cloud, CAMERA, SIZE, { threads: 3 }),
  ];
  expect([alone.threads, together.threads]).toEqual([1, 3]);
  for (const rasterizer of [alone, together]) {
    rasterizer.setTorso(noise(SIZE, 3));
    rasterizer.setMask(image(SIZE, (x) => x));
  }
  for (let frame = 0; frame < 40; frame++) {
    const pose = { ...POSE, rotation: [0.02 * frame, 0.03 * frame, 0] as const };
    const [a, b] = [alone, together].map((rasterizer) => rasterizer.draw(offset, pose).data);
    expect(sameBytes(new Uint8Array(a ?? []), new Uint8Array(b ?? [1]))).toBe(true);
  }
  alone.destroy();
  together.destroy();
});
