import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { must } from "./run.mjs";
import { aptInstall } from "./system.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macApps = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

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

/** Path of a Chromium: the system's, else Playwright's own; null where there is none. */
export async function findChromium() {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const system = [...onPath, ...macApps].find(executable);
  if (system) return system;
  const { chromium } = await import("@playwright/test");
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
}

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

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
