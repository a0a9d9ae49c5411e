// Bytes of the packed package's modules, gzip.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensurePackage, installed } from "../scripts/setup/package.mjs";

const STATIC = /(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
/** Modules that come later, workers, worklets and WASM. */
const LATER = /(?:import\(|new URL\()\s*["'`](?:\.\/)?([^"'`]+\.(?:js|wasm))["'`]/g;
/**
 * ONNX Runtime, and what a head lives without: videos, lengths of long files, the bar of controls, another language,
 * what gives it more expression than its capture, the restorer (an avatar has them or not), all but one build of the rasterizer.
 */
const ASIDE =
  /^(onnx|face|codec|restor\w*|export|dub\.worker|mediabunny|describe|controls|simd|shared-simd|shared-relaxed|de)\b/;
/** A head is drawn one way: what only the other needs. */
const OTHER = { gpu: /^picture-cpu\b/, cpu: /^picture-webgpu\b/ };

/**
 * `element_gzip_kb`: what is fetched to show the poster. `core_gzip_kb`: all that a live head fetches to be drawn and to
 * speak from any source, the rasterizer's WASM too, ONNX Runtime left out; the larger of drawing on the GPU and on the processor.
 */
export function measurePackage(say) {
  say("packing the package");
  ensurePackage();
  const element = reached(["define.js"], [STATIC], []);
  const live = (way) => reached(["define.js"], [STATIC, LATER], [ASIDE, OTHER[way]]);
  const ways = { gpu: kilobytes(live("gpu")), cpu: kilobytes(live("cpu")) };
  const most = live(ways.gpu > ways.cpu ? "gpu" : "cpu");
  const largest = most.map((name) => [name, kilobytes([name])]).sort((a, b) => b[1] - a[1]);
  return {
    element_gzip_kb: kilobytes(element),
    core_gzip_kb: Math.max(...Object.values(ways)),
    core_ways_kb: ways,
    core_largest: Object.fromEntries(largest.slice(0, 5)),
  };
}

const read = (name) => readFileSync(join(installed, "lib", name));

const kilobytes = (names) =>
  Math.round(names.reduce((sum, name) => sum + gzipSync(read(name)).length, 0) / 100) / 10;

function reached(entries, forms, aside) {
  const found = new Set(entries);
  for (const name of found) {
    const text = name.endsWith(".js") ? read(name).toString() : "";
    for (const form of forms) {
      for (const [, next] of text.matchAll(form)) {
        if (!aside.some((pattern) => pattern.test(next))) found.add(next);
      }
    }
  }
  return [...found];
}
