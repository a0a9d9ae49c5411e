// node bench/streaming.mjs WAV: the encoder in blocks of other sizes than a whole sound's; one JSON object on the last line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";
import { root } from "../scripts/setup/run.mjs";
import { openSources } from "./sources.mjs";

/** Hops encoded at once, in turn. */
const BLOCKS = [[1], [3, 2, 17], [25]];
const RATE = 16000;
const WAV_HEAD = 44;

const sources = await openSources();
const runtime = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
ort.env.wasm.wasmBinary = readFileSync(runtime);
const { createEncoder } = await sources.load("/src/speech/encoder.ts");
const { createRateChange } = await sources.load("/src/dub/rate.ts");
const folder = `${root}/public/models/speech`;
const manifest = JSON.parse(readFileSync(`${folder}/speech.json`, "utf8"));
const bytes = readFileSync(`${folder}/${manifest.file.path}`);
const encoder = await createEncoder({ manifest, encoder: new Uint8Array(bytes).buffer });
const sound = readSound(process.argv[2]);
const whole = await inBlocks([sound.length / encoder.hop]);
let most = 0;
for (const hops of BLOCKS) {
  const lip = await inBlocks(hops);
  most = Math.max(most, ...lip.map((value, i) => Math.abs(value - whole[i])));
}
console.log(JSON.stringify({ streaming_max_diff: most }));
await sources.close();

/** Mono, 16 bits, cut to whole hops. */
function readSound(path) {
  const wav = readFileSync(path);
  const change = createRateChange(wav.readUInt32LE(24), RATE);
  const pcm = Float32Array.from(
    { length: (wav.length - WAV_HEAD) / 2 },
    (_, i) => wav.readInt16LE(WAV_HEAD + 2 * i) / 2 ** 15,
  );
  const samples = change.push(pcm);
  return samples.subarray(0, samples.length - (samples.length % encoder.hop));
}

async function inBlocks(hops) {
  const stream = encoder.stream();
  const lip = [];
  for (let at = 0, k = 0; at < sound.length; k++) {
    const block = sound.slice(at, at + encoder.hop * hops[k % hops.length]);
    lip.push(...(await stream.push(block)).values);
    at += block.length;
  }
  return lip;
}
