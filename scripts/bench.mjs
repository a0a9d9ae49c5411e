// npm run bench: how fast everything is on this machine; progress on stderr.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { ensureChromium } from "./setup/chromium.mjs";
import { checkNode, ensurePackages } from "./setup/node.mjs";
import { root } from "./setup/run.mjs";

const HELP = `npm run bench -- [options]

Measures the player and its renderers in a headless Chromium, beside the Gaussian splat renderers of others
(PlayCanvas, Spark, mkkellogg; from npm, installed in bench/ at the first run). Takes about eight minutes on
two idle cores; other work on the machine spoils the times.

  --json          one JSON object on one line, the last one (else spread over lines)
  --html          writes build/bench/index.html too: tables and plots, for people
  --from FILE     with --html: draws an earlier result (build/bench/result.json) and measures nothing
  --only PARTS    some of: player,encoder,expression,peers,growth,memory,exact; and dub, soak, which are left out otherwise
  --minutes N     of the recording for dub, of listening for soak; 30 by default
  --gpu           on the machine's own graphics card; without it, on SwiftShader, the same everywhere
  --quick         one short round of everything, to see that it works: its times mean little
  --help          this

  player   the built page: time to the first frame, frames a second and lip skew while it speaks, microphone to pixel
  encoder  milliseconds per second of sound
  expression  what it makes of held-out voices and of silence: blinks, brows against the voice, repeats; its time
  peers    frame times of all renderers, 20 k and 50 k Gaussians, 512², every position new in every frame,
           in interleaved rounds; a picture of each in build/bench/
  growth   ours at 20 k and 200 k Gaussians, at 1024² and at 1080p
  memory   ours at 50 k Gaussians and 1080p: GPU buffers and textures, JavaScript heap, WASM
  exact    every kernel against the float64 reference
  dub      a long recording by command line: speed, and the memory of all its processes over time (Linux)
  soak     a microphone in the page: memory of all its processes, and how late the face is, over time (Linux)`;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    html: { type: "boolean", default: false },
    from: { type: "string" },
    only: { type: "string" },
    minutes: { type: "string", default: "30" },
    gpu: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

checkNode();
if (values.help) console.log(HELP);
else {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function main() {
  await ensurePackages();
  const figures = values.from ? JSON.parse(await readFile(values.from, "utf8")) : await measure();
  if (values.html) {
    const { drawPage } = await import("../bench/html.mjs");
    console.error(`bench: ${await write("build/bench/index.html", await drawPage(figures))}`);
  }
  console.log(JSON.stringify(figures, null, values.json ? 0 : 1));
  if (figures.errors) process.exitCode = 1;
}

async function measure() {
  await ensureChromium();
  const { bench, PARTS, LONG_PARTS } = await import("../bench/bench.mjs");
  const parts = new Set(values.only?.split(",") ?? PARTS);
  for (const part of parts) {
    const known = [...PARTS, ...LONG_PARTS];
    if (!known.includes(part)) throw new Error(`there is no part “${part}”: give some of ${known.join(",")}`);
  }
  const { gpu, quick } = values;
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: it must be a number above 0`);
  const figures = await bench({ parts, gpu, quick, minutes }, (what) => console.error(`bench: ${what} …`));
  const text = JSON.stringify(figures, (_, value) => round(value));
  await write("build/bench/result.json", text);
  return JSON.parse(text);
}

async function write(path, text) {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return path;
}

function round(value) {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
