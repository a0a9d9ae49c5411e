// npm test: install what the checks need, then run them all; a failed one does not keep the others from running.
import { ensureChromium } from "./setup/chromium.mjs";
import { checkNode, ensurePackages } from "./setup/node.mjs";
import { ensureTrainer, python } from "./setup/python.mjs";
import { run } from "./setup/run.mjs";
import { ensureCompiler, ensureVulkan } from "./setup/system.mjs";

const node = (entry, ...args) => [process.execPath, [`node_modules/${entry}`, ...args]];

checkNode();
const results = [];

await step("install", async () => {
  await ensurePackages();
  console.log(`Chromium: ${await ensureChromium()}`);
  await ensureVulkan();
  await ensureCompiler();
  await ensureTrainer();
});
await step("types", node("typescript/bin/tsc"));
await step("lint", node("@biomejs/biome/bin/biome", "check"));
await step("lint, Python", [python, ["-m", "ruff", "check", "trainer", "tests"]]);
await step("unit and WGSL", node("vitest/vitest.mjs", "run"));
await step("browser", node("@playwright/test/cli.js", "test"));
await step("trainer", [python, ["-m", "pytest", "trainer"]]);

const failed = results.filter(({ passed }) => !passed);
console.log(`\n${"─".repeat(72)}`);
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? "✓" : "✗"} ${name} (${seconds} s)`);
}
console.log(failed.length === 0 ? "Every check passed." : `Failed: ${failed.map((r) => r.name).join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);

async function step(name, what) {
  console.log(`\n── ${name} ${"─".repeat(68 - name.length)}`);
  const began = performance.now();
  const passed = typeof what === "function" ? await succeeds(what) : (await run(...what)) === 0;
  results.push({ name, passed, seconds: Math.round((performance.now() - began) / 1000) });
}

async function succeeds(action) {
  try {
    await action();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}
