import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";
import type { SpeechModel } from "../src/avatar/load";
import { parseSpeech } from "../src/avatar/schema";

const models = new URL("../public/models/", import.meta.url);
const read = (path: string): ArrayBuffer => new Uint8Array(readFileSync(new URL(path, models))).buffer;

// Node does not fetch files.
ort.env.wasm.wasmBinary = readFileSync(
  createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
);

/** A file of the default avatar's bundle. */
export const defaultAvatarFile = (path: string) => read(`default/${path}`);

/** The speech model that ships. */
export function readSpeech(): SpeechModel {
  const manifest = parseSpeech(new TextDecoder().decode(read("speech/speech.json")));
  const { file, cues } = manifest;
  return {
    manifest,
    encoder: read(`speech/${file.path}`),
    cues: async () => cues && read(`speech/${cues.file.path}`),
  };
}
