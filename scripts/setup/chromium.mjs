import { existsSync } from "node:fs";
import { findChromium } from "../../bin/dub/chromium.mjs";
import { must } from "./run.mjs";
import { aptInstall } from "./system.mjs";

export { findChromium };

const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
// Debian's Chromium since 156.0.8078.79: told of it by hand or its canvases lose their device. Browsers started here inherit it.
if (existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;

/** WebGPU on a canvas through SwiftShader, headless and as root. */
export const softwareGpuFlags = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=vulkan",
  "--ignore-gpu-blocklist",
];

/** Path of a Chromium, installed where there was none: Debian's package as root, otherwise Playwright's own. */
export async function ensureChromium() {
  const found = await findChromium();
  if (found) return found;
  if (!(await aptInstall("chromium"))) {
    console.log("Installing Chromium (playwright install) …");
    await must(
      process.execPath,
      ["node_modules/@playwright/test/cli.js", "install", "chromium"],
      "No Chromium could be installed: install one by hand, then try again",
    );
  }
  const installed = await findChromium();
  if (installed) return installed;
  throw new Error("No Chromium was found after installing one: put one on the PATH, then try again");
}
