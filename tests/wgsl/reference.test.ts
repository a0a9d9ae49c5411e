import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Camera, GaussianCloud, HeadPose } from "../../src/render/scene";
import { createCpuHead } from "../../src/render/twin/rasterizer";
import { requestDevice } from "./gpu";
import { drawOnGpu, likeness } from "./render";

interface Meta {
  count: number;
  shDegree: number;
  camera: Camera;
  pose: HeadPose;
  /** Length of each array of scene.bin, in its order. */
  floats: Record<Exclude<keyof GaussianCloud, "count" | "shDegree"> | "offset" | "picture", number>;
}

/** The scene and float64 picture that make_reference.py wrote. */
function reference() {
  const file = readFileSync(new URL("reference/scene.bin", import.meta.url));
  const lineEnd = file.indexOf("\n");
  const { floats, ...meta }: Meta = JSON.parse(file.toString("utf8", 0, lineEnd));
  const bytes = new Uint8Array(file.subarray(lineEnd + 1));
  let at = 0;
  const entries = Object.entries(floats).map(([name, length]) => {
    const array = new Float32Array(bytes.buffer, at, length);
    at += array.byteLength;
    return [name, array];
  });
  const arrays = Object.fromEntries(entries) as Record<keyof Meta["floats"], Float32Array<ArrayBuffer>>;
  return { cloud: { ...meta, ...arrays }, camera: meta.camera, pose: meta.pose, ...arrays };
}

test("the twin draws the float64 reference", () => {
  const { cloud, camera, pose, offset, picture } = reference();
  const drawn = createCpuHead(cloud, camera, camera.canvas)
    .draw(offset, pose)
    .map((value, i) => (i % 4 === 3 ? 1 - value : value));
  const scaled = [drawn, picture].map((pixels) => pixels.map((value) => 255 * value));
  // The twin keeps its picture in float32: 2⁻²⁴ each time a splat is added, 80 dB above the 8 bits of a screen.
  expect(likeness(scaled[0] ?? [], scaled[1] ?? []).psnr).toBeGreaterThanOrEqual(110);
});

test("the WGSL draws the float64 reference", async () => {
  const { cloud, camera, pose, offset, picture } = reference();
  const device = await requestDevice();
  const gpu = await drawOnGpu(device, { cloud, camera, offset, pose, size: camera.canvas }, null, null);
  const { psnr, within3 } = likeness(
    gpu,
    picture.map((value) => Math.min(255, Math.round(255 * value))),
  );
  expect(psnr).toBeGreaterThanOrEqual(58);
  expect(within3).toBeGreaterThanOrEqual(0.9999);
  device.destroy();
});
