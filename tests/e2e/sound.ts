import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

/** A real voice: LJ Speech 1.1, public domain, 8.4 s. */
export const voice = fileURLToPath(
  new URL("../../../shared/data/speech/ljspeech/LJ001-0001.flac", import.meta.url),
);

/** Mono samples of a sound file at `rate`, decoded by the browser. */
export async function decode(page: Page, path: string, rate: number): Promise<Float32Array> {
  const base64 = readFileSync(path).toString("base64");
  const samples = await page.evaluate(
    async ([text, hertz]) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const sound = await new OfflineAudioContext(1, 1, hertz).decodeAudioData(bytes.buffer);
      const pcm = Int16Array.from(sound.getChannelData(0), (v) =>
        Math.round(32767 * Math.max(-1, Math.min(1, v))),
      );
      return btoa(Array.from(new Uint8Array(pcm.buffer), (b) => String.fromCharCode(b)).join(""));
    },
    [base64, rate] as const,
  );
  const bytes = Buffer.from(samples, "base64");
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32768);
}

/** Mono 16-bit WAV. */
export function wav(samples: Float32Array, rate: number): Buffer {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + 2 * samples.length, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((value, i) => {
    file.writeInt16LE(Math.round(32767 * Math.max(-1, Math.min(1, value))), 44 + 2 * i);
  });
  return file;
}

/** Loudness in decibels of full scale around a time, over `window` seconds; −100 outside the sound. */
export function loudness(samples: Float32Array, rate: number, time: number, window = 0.12): number {
  const from = Math.max(0, Math.round((time - window / 2) * rate));
  const part = samples.subarray(from, Math.max(from, Math.round((time + window / 2) * rate)));
  const power = part.reduce((sum, v) => sum + v * v, 0) / Math.max(1, part.length);
  return Math.max(-100, 10 * Math.log10(power + 1e-12));
}
