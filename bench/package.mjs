// Bytes of the packed package's modules, gzip.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensurePackage, installed } from "../scripts/setup/package.mjs";

const STATIC = /(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
/** Modules that come later, workers and worklets. */
const LATER = /(?:import\(|new URL\()\s*["'`](?:\.\/)?([^"'`]+\.js)["'`]/g;
/** What a live head never asks for: videos, and all but one of the rasterizer's builds. */
const ASIDE =
  /^(export|dub\.worker|mediabunny-aac-encoder|decode|describe|simd|shared-simd|shared-relaxed|de)\b/;

/** `element_gzip_kb`: what is fetched to show the poster. `core_gzip_kb`: what a live head has fetched, ONNX Runtime left out. */
export function measurePackage(say) {
  say("packing the package");
  ensurePackage();
  const element = reached(["define.js"], [STATIC]);
  const live = reached(["define.js"], [STATIC, LATER]).filter((name) => !read(name).includes("ort-wasm"));
  const largest = live.map((name) => [name, kilobytes([name])]).sort((a, b) => b[1] - a[1]);
  return {
    element_gzip_kb: kilobytes(element),
    core_gzip_kb: kilobytes(live),
    core_largest: Object.fromEntries(largest.slice(0, 5)),
  };
}

const read = (name) => readFileSync(join(installed, "lib", name), "utf8");

const kilobytes = (names) =>
  Math.round(names.reduce((sum, name) => sum + gzipSync(read(name)).length, 0) / 100) / 10;

function reached(entries, forms) {
  const found = new Set(entries);
  for (const name of found) {
    for (const form of forms) {
      for (const [, next] of read(name).matchAll(form)) if (!ASIDE.test(next)) found.add(next);
    }
  }
  return [...found];
}
