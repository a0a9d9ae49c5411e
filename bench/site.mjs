// A built page in a Chromium, for everything that is measured in a browser.
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { build, preview } from "vite";
import { findChromium, softwareGpuFlags } from "../scripts/setup/chromium.mjs";
import { root } from "../scripts/setup/run.mjs";

const LOADED_MS = 120_000;

/** SwiftShader for WebGL too: `--use-angle=vulkan` takes the system's Vulkan, which may be another. */
const softwareFlags = softwareGpuFlags.map((flag) =>
  flag === "--use-angle=vulkan" ? "--use-angle=swiftshader" : flag,
);

/** A real graphics card, headless. */
const gpuFlags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
  "--ignore-gpu-blocklist",
  "--enable-gpu",
  ...(process.platform === "linux" ? ["--enable-features=Vulkan", "--use-angle=vulkan"] : []),
];

/**
 * Builds a page, serves it on a free port and runs `measure(page, address)` in a browser of its own.
 * Browser and server are closed whatever happens.
 * @param pageRoot folder of its index.html, from the repository's root.
 * @param gpu true: whatever adapter the machine has; false: SwiftShader.
 */
export async function withPage({ pageRoot = ".", outDir, flags = [], gpu = false }, measure) {
  const served = await servePage(pageRoot, outDir);
  try {
    const executablePath = await findChromium();
    if (!executablePath) throw new Error("no Chromium found: run `npm test` once, it installs one");
    const args = [...(gpu ? gpuFlags : softwareFlags), ...flags];
    const browser = await chromium.launch({ executablePath, args });
    try {
      // What is fetched for later is no part of a visit's bytes, nor of its time.
      const page = await browser.newPage({ serviceWorkers: "block" });
      page.setDefaultTimeout(LOADED_MS);
      return await measure(page, served.address, served.server);
    } finally {
      await browser.close();
    }
  } finally {
    await served.server.close();
  }
}

async function servePage(pageRoot, outDir) {
  const configFile = join(root, "vite.config.ts");
  const shared = { root: join(root, pageRoot), configFile, logLevel: "error" };
  const out = join(root, outDir);
  await build({
    ...shared,
    publicDir: join(root, "public"),
    build: { outDir: out, emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
  });
  const server = await preview({ ...shared, build: { outDir: out }, preview: { port: 0 } });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error("the built page is not served: vite gave no address");
  return { server, address };
}

/** The product's page with the head in it; `openAlive` then waits for the head. */
export function withBuiltPage(measure, flags = [], gpu = false) {
  return withPage({ outDir: "build/site", flags, gpu }, async (page, address, server) => {
    await page.addInitScript(watchHead);
    return measure(page, address, server);
  });
}

/** Navigates and resolves when the first live frame is on the canvas, with milliseconds since the navigation began. */
export async function openAlive(page, address) {
  await page.goto(address);
  await page.waitForFunction(
    () => globalThis.headTimes.ready !== null || globalThis.headTimes.failure !== null,
  );
  const times = await page.evaluate(() => globalThis.headTimes);
  if (times.failure !== null) throw new Error(`the head did not come alive: ${times.failure}`);
  return times;
}

// Runs in the page before anything of it: the element's own events, caught on their way down.
function watchHead() {
  const times = { ready: null, poster: null, failure: null };
  globalThis.headTimes = times;
  globalThis.toBase64 = (bytes) => {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  document.addEventListener(
    "statechange",
    ({ detail }) => {
      if (detail === "idle") times.ready ??= performance.now();
    },
    true,
  );
  document.addEventListener(
    "error",
    ({ error }) => {
      if (error && error.recoverable === false) times.failure ??= `${error.message} ${error.hint}`;
    },
    true,
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.url.endsWith("poster.webp")) times.poster ??= entry.startTime;
    }
  }).observe({ type: "largest-contentful-paint", buffered: true });
}
