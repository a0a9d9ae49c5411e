import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";
import type { SpeechModel } from "../src/avatar/load";
import { parseSpeech } from "../src/avatar/schema";

const models = new URL("../public/models/", import.meta.url);
const read = (path: string): ArrayBuffer => new Uint8Array(readFileSync(new URL(path, models))).buffer;

// Node does not fetch files, and starts no threads for what Playwright has compiled.
ort.env.wasm.wasmBinary = readFileSync(
  createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
);
ort.env.wasm.numThreads = 1;

/** A file of the default avatar's bundle. */
export const defaultAvatarFile = (path: string) => read(`default/${path}`);

/** The speech model that ships. @param sound as `loadSpeech` takes it. */
export function readSpeech(sound: "live" | "known" = "live"): SpeechModel {
  const parsed = parseSpeech(new TextDecoder().decode(read("speech/speech.json")));
  const manifest = sound === "known" ? { ...parsed, ...parsed.ahead } : parsed;
  const { file, cues } = manifest;
  return {
    manifest,
    encoder: read(`speech/${file.path}`),
    cues: async () => cues && read(`speech/${cues.file.path}`),
  };
}
