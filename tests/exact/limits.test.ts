import "../wasm/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRasterizer, RasterizerLimitError } from "../../src/render/rasterizer";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { requestDevice } from "../wgsl/gpu";
import { CAMERA, emptyCloud } from "../wgsl/scenes";

let device: GPUDevice;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.destroy());

test("more Gaussians than the device's buffers hold are refused", async () => {
  // Of degree 3, spherical harmonics fill 192 bytes a Gaussian.
  const count = Math.floor(device.limits.maxStorageBufferBindingSize / 192) + 1;
  const size = { width: 16, height: 16 };
  await expect(createRasterizer(device, emptyCloud(count, 3), CAMERA, size, "rgba8unorm")).rejects.toThrow(
    RasterizerLimitError,
  );
});

test("a picture larger than WASM's memory is refused", async () => {
  const size = { width: 40_000, height: 40_000 };
  await expect(createWasmRasterizer(emptyCloud(1, 0), CAMERA, size, { threads: 1 })).rejects.toThrow(
    RasterizerLimitError,
  );
});
