// npm run bench -- --json: times of the built page in Chromium; progress on stderr, one JSON object on the last line.
import { ensureChromium } from "./setup/chromium.mjs";
import { checkNode, ensurePackages } from "./setup/node.mjs";

checkNode();
try {
  await ensurePackages();
  await ensureChromium();
  const { bench } = await import("../bench/bench.mjs");
  const figures = await bench((what) => console.error(`bench: ${what} …`));
  const rounded = Object.entries(figures).map(([key, value]) => [key, round(value)]);
  console.log(JSON.stringify(Object.fromEntries(rounded), null, process.argv.includes("--json") ? 0 : 1));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function round(value) {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
