import * as ort from "onnxruntime-web/wasm";
import { readSpeech } from "../models";

/** Lip features [n · 32] of a whole sound at 16 kHz, as a dub is to hear it: in one run of encoder-ahead.onnx. */
export async function lipsAhead(pcm16k: Float32Array): Promise<Float32Array> {
  const { manifest, encoder } = readSpeech("known");
  const { hop, featureSize, lookAheadHops, stateSize, ahead } = manifest;
  if (!ahead) throw new Error("speech.json tells of no encoder for dubs");
  const hops = Math.floor(pcm16k.length / hop);
  const trails = lookAheadHops - 1;
  const pcm = new Float32Array((hops + trails) * hop);
  pcm.set(pcm16k.subarray(0, hops * hop));
  const session = await ort.InferenceSession.create(new Uint8Array(encoder));
  const { lip } = await session.run({
    pcm: new ort.Tensor("float32", pcm, [1, pcm.length]),
    state: new ort.Tensor("float32", new Float32Array(stateSize), [1, stateSize]),
  });
  await session.release();
  if (!(lip?.data instanceof Float32Array)) throw new Error("the encoder gave no features");
  return lip.data.slice(trails * featureSize);
}
