// Renderers side by side in one page of one browser: bench/page, driven from here.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must, root } from "../scripts/setup/run.mjs";
import { withPage } from "./site.mjs";
import { median } from "./statistics.mjs";

const OPEN_MS = 90_000;
const ROUND_MS = 120_000;
export const PICTURES = "build/bench";

/** The page of all renderers; `measure(page)` may navigate it anew with `page.restart()`. */
export async function withRenderers({ gpu }, measure) {
  await ensurePeers();
  const flags = [
    // GPU timestamps in full, and memory counted at once.
    "--enable-webgpu-developer-features",
    "--enable-blink-features=ForceEagerMeasureMemory",
  ];
  return withPage({ pageRoot: "bench/page", outDir: "build/bench/page", flags, gpu }, (page, address) =>
    measure({
      page,
      /** A page without what was opened before. */
      async restart() {
        await page.goto(address);
        await page.waitForFunction(() => globalThis.bench);
        return page.evaluate(() => globalThis.bench.entrants());
      },
    }),
  );
}

/**
 * Frame times of all `runners`, { id, name, setup }, in interleaved rounds.
 * @returns by id: { ms, sorts_per_frame, passes } or { error }.
 */
export async function race(page, runners, { rounds, roundMs, pictures = false }, say) {
  const results = {};
  const fail = (id, error) => {
    results[id] = { error: String(error.message ?? error).split("\n")[0] };
    say(`${id} failed: ${results[id].error}`);
  };
  const frames = new Map();
  for (const { id, name, setup } of runners) {
    say(`opening ${id}`);
    try {
      await within(OPEN_MS, page.evaluate(open, { id, name, setup }));
      // Also warms up: worker-sorted renderers draw nothing in their first frames.
      const url = await within(OPEN_MS, page.evaluate(picture, id));
      if (pictures) await keepPicture(id, url);
      frames.set(id, { ms: [], passes: [], sorts: [] });
    } catch (error) {
      fail(id, error);
    }
  }
  for (let r = 0; r < rounds; r++) {
    say(`round ${r + 1} of ${rounds}`);
    for (const [id, kept] of frames) {
      try {
        const round = await within(ROUND_MS, page.evaluate(runRound, { id, roundMs }));
        kept.ms.push(median(round.frameMs));
        kept.passes.push(round.passMs);
        if (round.sortsPerFrame !== null) kept.sorts.push(round.sortsPerFrame);
      } catch (error) {
        fail(id, error);
        frames.delete(id);
      }
    }
  }
  for (const [id, { ms, passes, sorts }] of frames) {
    const names = Object.keys(passes[0] ?? {});
    results[id] = {
      ms: median(ms),
      rounds_ms: ms,
      sorts_per_frame: median(sorts),
      passes: Object.fromEntries(names.map((name) => [name, median(passes.map((p) => p[name]))])),
    };
  }
  return results;
}

async function keepPicture(id, url) {
  const folder = join(root, PICTURES);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, pictureFile(id)), Buffer.from(url.slice(url.indexOf(",") + 1), "base64"));
}

/** Where the picture that a renderer drew is kept, in build/bench. */
export const pictureFile = (name) => `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.webp`;

/** The peers have a lock file of their own: the product's install stays small. */
async function ensurePeers() {
  const wanted = JSON.parse(readFileSync(join(root, "bench/package-lock.json"), "utf8")).packages;
  const installed = join(root, "bench/node_modules/.package-lock.json");
  const found = existsSync(installed) ? JSON.parse(readFileSync(installed, "utf8")).packages : {};
  const match = Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || optional || found[path]?.version === version,
  );
  if (match) return;
  console.error("Installing the peers (npm ci in bench), once; this can take a minute …");
  await must(
    "npm",
    ["ci", "--prefix", "bench", "--no-audit", "--no-fund", "--loglevel=error"],
    "The peers could not be installed: check the network, then try again",
  );
}

/** Rejects where `promise` takes longer. */
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// ── in the page ──

const open = ({ id, name, setup }) => globalThis.bench.open(id, name, setup);
const picture = (id) => globalThis.bench.picture(id);
const runRound = ({ id, roundMs }) => globalThis.bench.round(id, roundMs);
