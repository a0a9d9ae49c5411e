import { createServer } from "node:net";
import { defineConfig } from "@playwright/test";
import { findChromium, softwareGpuFlags } from "./scripts/setup/chromium.mjs";

// Found once: the test workers read this file again, and must come to the same port.
process.env["LIPSPLAT_TEST_PORT"] ??= String(await freePort());
const port = Number(process.env["LIPSPLAT_TEST_PORT"]);
const executablePath = await findChromium();
if (!executablePath) throw new Error("No Chromium was found: `npm test` installs one");

export default defineConfig({
  testDir: "tests/e2e",
  // One page at a time: the head is drawn in software here, and timing is part of what is checked.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  forbidOnly: true,
  use: {
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1000, height: 720 },
    launchOptions: { executablePath, args: [...softwareGpuFlags] },
    // It would answer before the tests' own routes; offline.spec.ts lets it.
    serviceWorkers: "block",
    trace: "off",
    screenshot: "only-on-failure",
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js build --logLevel error && node node_modules/vite/bin/vite.js preview --port ${port} --strictPort`,
    port,
    timeout: 400_000,
    reuseExistingServer: false,
    stderr: "pipe",
  },
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no free port")),
      );
    });
  });
}
