// The built page in a Chromium, for everything that is measured in a browser.
import { chromium } from "@playwright/test";
import { build, preview } from "vite";
import { findChromium, softwareGpuFlags } from "../scripts/setup/chromium.mjs";
import { root } from "../scripts/setup/run.mjs";

const LOADED_MS = 120_000;

/**
 * Builds the page, serves it on a free port, opens it and runs `measure(page, address)`.
 * Browser and server are closed whatever happens. Throws what the page says where the head does not come alive.
 */
export async function withBuiltPage(measure, flags = []) {
  const outDir = "build/site";
  await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await preview({ root, logLevel: "error", build: { outDir }, preview: { port: 0 } });
  try {
    const address = server.resolvedUrls?.local[0];
    if (!address) throw new Error("the built page is not served: vite gave no address");
    const executablePath = await findChromium();
    if (!executablePath) throw new Error("no Chromium found: run `npm test` once, it installs one");
    const browser = await chromium.launch({ executablePath, args: [...softwareGpuFlags, ...flags] });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(LOADED_MS);
      await page.addInitScript(watchHead);
      return await measure(page, address);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
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
