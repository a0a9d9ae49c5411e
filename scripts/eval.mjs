// npm run eval -- --json: figures of the shipped models; progress on stderr, one JSON object on the last line.
import { ensureChromium } from "./setup/chromium.mjs";
import { checkNode, ensurePackages } from "./setup/node.mjs";
import { ensureTrainer, python } from "./setup/python.mjs";
import { run } from "./setup/run.mjs";

checkNode();
try {
  await ensurePackages();
  await ensureChromium();
  await ensureTrainer();
  process.exitCode = await run(python, ["-m", "lipsplat.evaluate", ...process.argv.slice(2)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
