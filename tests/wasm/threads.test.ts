import "./platform";
import { expect, test } from "vitest";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { defaultRestorer } from "../default-restorer";
import { createCpuHead } from "../twin/rasterizer";
import { image, likeness, noise, sameBytes } from "../wgsl/render";
import { CAMERA, faceCloud, POSE, randomOffset } from "../wgsl/scenes";

/** Odd, and the restorer's box lies on it. */
const SIZE = { width: 383, height: 419 };

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
    // It comes while they draw.
    if (frame === 5) {
      for (const rasterizer of [alone, together]) await rasterizer.setRestorer(defaultRestorer().weights);
    }
    const pose = { ...POSE, rotation: [0.02 * frame, 0.03 * frame, 0] as const };
    const [a, b] = [alone, together].map((rasterizer) => rasterizer.draw(offset, pose, true).data);
    expect(sameBytes(new Uint8Array(a ?? []), new Uint8Array(b ?? [1]))).toBe(true);
  }
  alone.destroy();
  together.destroy();
});

test("a frame with more tile pairs than there was room for has all of them", async () => {
  const cloud = faceCloud(3000, 1, 1);
  const offset = new Float32Array(cloud.count * 14);
  const large = new Float32Array(offset);
  for (let i = 0; i < cloud.count; i++) large.fill(3, i * 14 + 7, i * 14 + 10);
  for (const threads of [1, 2]) {
    const rasterizer = await createWasmRasterizer(cloud, CAMERA, SIZE, { threads });
    const before = rasterizer.draw(offset, POSE).data.slice();
    const { memoryBytes } = rasterizer;
    const drawn = rasterizer.drawHead(large, POSE).map((value) => 255 * value);
    expect(rasterizer.memoryBytes).toBeGreaterThan(memoryBytes);
    const twin = createCpuHead(cloud, CAMERA, SIZE).draw(large, POSE);
    expect(
      likeness(
        drawn,
        twin.map((value) => 255 * value),
      ).psnr,
    ).toBeGreaterThanOrEqual(70);
    expect(sameBytes(new Uint8Array(rasterizer.draw(offset, POSE).data), new Uint8Array(before))).toBe(true);
    rasterizer.destroy();
  }
});
