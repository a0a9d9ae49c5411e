import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { root } from "./run.mjs";

const folder = join(root, "src/render/wasm");
const sources = join(folder, "assembly");
const output = join(folder, "build");

const relaxed = ["--enable", "relaxed-simd"];
// 4 GiB; how much of it may be used, the host decides.
const shared = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];
/** One source, what a browser may lack left out. */
const builds = {
  simd: [],
  relaxed,
  "shared-simd": shared,
  "shared-relaxed": [...shared, ...relaxed],
};

/** Compiles src/render/wasm/assembly where its output is older or missing: in dev, build and tests. */
export function wasm() {
  return {
    name: "lipsplat-wasm",
    buildStart: compileStale,
    async handleHotUpdate({ file }) {
      if (file.startsWith(sources)) await compileStale();
    },
  };
}

async function compileStale() {
  const files = [fileURLToPath(import.meta.url), ...readdirSync(sources).map((name) => join(sources, name))];
  const newest = Math.max(...files.map(modified));
  for (const [name, options] of Object.entries(builds)) {
    if (modified(join(output, `${name}.wasm`)) < newest) await compile(name, options);
  }
}

/** Milliseconds; 0 where there is no such file. */
function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function compile(name, options) {
  mkdirSync(output, { recursive: true });
  // Renamed when it is whole: another process may be reading.
  const unfinished = join(output, `${name}.${process.pid}`);
  const { error, stderr } = await asc.main([
    join(sources, "index.ts"),
    "--baseDir",
    sources,
    "--outFile",
    unfinished,
    "--runtime",
    "stub",
    "-O3",
    "--noAssert",
    "--importMemory",
    "--use",
    "abort=",
    // v128 does not cross to JavaScript here.
    "--disableWarning",
    "112",
    "--enable",
    "simd",
    ...options,
  ]);
  if (error) throw new Error(`src/render/wasm/assembly does not compile:\n${stderr}`, { cause: error });
  renameSync(unfinished, join(output, `${name}.wasm`));
}
