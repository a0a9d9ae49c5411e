// Bytes of the packed package's modules, gzip.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensurePackage, installed } from "../scripts/setup/package.mjs";

const STATIC = /(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
/** Modules that come later, workers, worklets and WASM. */
const LATER = /(?:import\(|new URL\()\s*["'`](?:\.\/)?([^"'`]+\.(?:js|wasm))["'`]/g;
/** ONNX Runtime. */
const RUNTIME = /^onnx\b/;
/**
 * What a head lives without: videos, lengths of long files, the bar of controls, another language; expressions, glances and
 * backgrounds that are asked for; what gives it more expression than its capture, the restorer (an avatar has them or not);
 * another way to deform, which real GPUs are held to behind the live picture; what only CPUs that play GPU draw with, all but
 * one build of the rasterizer.
 */
const ASIDE =
  /^(asked|upper-face|codec|background|backdrop|blend_tiles|deform\w*|restor\w*|export|dub\.worker|mediabunny|describe|controls|simd|shared-simd|shared-relaxed|de)\b/;
/** A head is drawn one way: what only the other needs. */
const OTHER = { gpu: /^picture-cpu\b/, cpu: /^picture-webgpu\b/ };

/**
 * `element_gzip_kb`: what is fetched to show the poster. `core_gzip_kb`: all that a live head fetches to be drawn and to
 * speak from any source, the rasterizer's WASM too, ONNX Runtime left out; the larger of drawing on the GPU and on the processor.
 */
export function measurePackage(say) {
  say("packing the package");
  ensurePackage();
  const element = reached(["define.js"]);
  const live = (way) => reached(["define.js"], [ASIDE, OTHER[way]]);
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

/** @param aside what is not followed where it only comes later, rather than with what needs it; left out: nothing later is. */
function reached(entries, aside) {
  const found = new Set(entries);
  for (const name of found) {
    const text = name.endsWith(".js") ? read(name).toString() : "";
    for (const [, next] of text.matchAll(STATIC)) if (!RUNTIME.test(next)) found.add(next);
    for (const [, next] of aside ? text.matchAll(LATER) : []) {
      if (!aside.some((pattern) => pattern.test(next))) found.add(next);
    }
  }
  return [...found];
}
