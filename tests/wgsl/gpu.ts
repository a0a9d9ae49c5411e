import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { chromium } from "@playwright/test";
import { create, globals } from "webgpu";

/** Where Chromium packages put the manifest of SwiftShader, a software Vulkan driver. */
const MANIFESTS = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
  join(dirname(chromium.executablePath()), "vk_swiftshader_icd.json"),
];

// Dawn crashes when its instance is collected while a device lives.
let gpu: GPU | undefined;

/** A Dawn device in Node, by default on Chromium's SwiftShader; a machine without a driver fails the test. */
export async function requestDevice(): Promise<GPUDevice> {
  const manifest = process.env["VK_ICD_FILENAMES"] ?? MANIFESTS.find(existsSync);
  if (manifest !== undefined) process.env["VK_ICD_FILENAMES"] = manifest;
  Object.assign(globalThis, globals);
  gpu ??= create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new Error(
      "No WebGPU adapter in Node. Install Chromium, whose SwiftShader driver these tests use, and Vulkan's loader " +
        "(Debian: apt-get install chromium libvulkan1), or set VK_ICD_FILENAMES to the path of vk_swiftshader_icd.json or of another Vulkan driver.",
    );
  }
  const timestamps: GPUFeatureName = "timestamp-query";
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has(timestamps) ? [timestamps] : [],
  });
  device.onuncapturederror = ({ error }) => {
    throw error;
  };
  return device;
}

export async function readBuffer(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const copy = device.createBuffer({ size: buffer.size, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const bytes = copy.getMappedRange().slice(0);
  copy.destroy();
  return bytes;
}

/** @returns [height,width,4] of an 8-bit texture. */
export async function readTexture(device: GPUDevice, texture: GPUTexture): Promise<Uint8Array> {
  const { width, height } = texture;
  const stride = Math.ceil((width * 4) / 256) * 256;
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: stride * height, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow: stride }, [width, height]);
  device.queue.submit([encoder.finish()]);
  const bytes = new Uint8Array(await readBuffer(device, buffer));
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    pixels.set(bytes.subarray(y * stride, y * stride + width * 4), y * width * 4);
  }
  return pixels;
}
