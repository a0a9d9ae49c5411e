import { existsSync } from "node:fs";
import { create, globals } from "webgpu";

/** Where Chromium packages put the manifest of SwiftShader, the software Vulkan driver. */
const MANIFESTS = [
  process.env["VK_ICD_FILENAMES"],
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];

/** A Dawn device in Node. Without a GPU it runs on Chromium's SwiftShader; a machine without either fails the test. */
export async function requestDevice(): Promise<GPUDevice> {
  const manifest = MANIFESTS.find((path) => path !== undefined && existsSync(path));
  if (manifest !== undefined) process.env["VK_ICD_FILENAMES"] = manifest;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  Object.assign(globalThis, { __gpu: gpu });
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new Error(
      "No WebGPU adapter in Node. Install Chromium (Debian: apt-get install chromium), whose SwiftShader driver these " +
        "tests use, or set VK_ICD_FILENAMES to the path of vk_swiftshader_icd.json or of another Vulkan driver.",
    );
  }
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("timestamp-query") ? ["timestamp-query"] : [];
  const device = await adapter.requestDevice({ requiredFeatures });
  return device;
}
