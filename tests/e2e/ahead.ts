import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";
import { parseSpeech } from "../../src/avatar/schema";

const folder = new URL("../../public/models/speech/", import.meta.url);

/** Lip features [n · 32] of a whole sound at 16 kHz, as a dub is to hear it: in one run of encoder-ahead.onnx. */
export async function lipsAhead(pcm16k: Float32Array): Promise<Float32Array> {
  const runtime = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  ort.env.wasm.wasmBinary = readFileSync(runtime);
  ort.env.wasm.numThreads = 1;
  const { hop, featureSize, ahead } = parseSpeech(readFileSync(new URL("speech.json", folder), "utf8"));
  if (!ahead) throw new Error("speech.json tells of no encoder for dubs");
  const hops = Math.floor(pcm16k.length / hop);
  const trails = ahead.lookAheadHops - 1;
  const pcm = new Float32Array((hops + trails) * hop);
  pcm.set(pcm16k.subarray(0, hops * hop));
  const session = await ort.InferenceSession.create(readFileSync(new URL(ahead.file.path, folder)));
  const { lip } = await session.run({
    pcm: new ort.Tensor("float32", pcm, [1, pcm.length]),
    state: new ort.Tensor("float32", new Float32Array(ahead.stateSize), [1, ahead.stateSize]),
  });
  await session.release();
  if (!(lip?.data instanceof Float32Array)) throw new Error("the encoder gave no features");
  return lip.data.slice(trails * featureSize);
}
