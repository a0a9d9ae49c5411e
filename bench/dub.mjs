// A long recording through the command line: its speed, and its memory over time. Linux: /proc tells the memory.
import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { findChromium } from "../scripts/setup/chromium.mjs";
import { root } from "../scripts/setup/run.mjs";
import { slope } from "./statistics.mjs";
import { usageOf } from "./usage.mjs";

const RATE = 22050;
const EVERY_MS = 5000;
/** Minutes of video after which memory should have settled. */
const SETTLED = 2;

/**
 * @param options `minutes` of sound: the sample, over and over; `args` for the command.
 * @returns figures by key; `dub_memory` is a curve, [minutes of video, MB of all its processes].
 */
export async function measureDub({ minutes, args = [] }, say) {
  const folder = join(root, "build/bench");
  await mkdir(folder, { recursive: true });
  const [sound, video] = [join(folder, "long.wav"), join(folder, "long.mp4")];
  await writeLong(sound, minutes);
  const began = performance.now();
  const command = join(root, "bin/lipsplat-dub.mjs");
  const child = spawn(process.execPath, [command, sound, "-o", video, "--force", "--json", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let told = "";
  let made = 0;
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    told = String(data);
    const share = / (\d+) %/.exec(told);
    if (share) made = (Number(share[1]) / 100) * minutes;
  });
  const curve = [];
  const times = [];
  const look = setInterval(async () => {
    const { mb, cpu } = await usageOf(child.pid);
    curve.push([made, mb]);
    times.push([made, cpu]);
    if (curve.length % 12 === 0) say(`${made.toFixed(1)} of ${minutes} minutes, ${Math.round(mb)} MB`);
  }, EVERY_MS);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`lipsplat-dub ended with ${code}: ${told.trim()}`);
  const { seconds, elapsed } = JSON.parse(out);
  const bytes = (await stat(video)).size;
  await Promise.all([rm(sound), rm(video)]);
  const settled = (points) => points.filter(([minute]) => minute >= Math.min(SETTLED, minutes / 2));
  return {
    dub_minutes: seconds / 60,
    dub_long_speed: seconds / elapsed,
    dub_start_s: (performance.now() - began) / 1000 - elapsed,
    dub_file_mb: bytes / 2 ** 20,
    dub_memory: curve,
    dub_memory_peak_mb: Math.max(...curve.map(([, mb]) => mb)),
    dub_memory_growth_mb_per_minute: slope(settled(curve)),
    // What other work on the machine does not change.
    dub_cpu_s_per_s: slope(settled(times)) / 60,
  };
}

/** The sample, decoded by the browser and repeated, as a WAV file. */
export async function writeLong(path, minutes) {
  const mp3 = await readFile(join(root, "public/samples/greeting.mp3"), "base64");
  const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
  const base64 = await (await browser.newPage()).evaluate(decode, { mp3, rate: RATE });
  await browser.close();
  const once = Buffer.from(base64, "base64");
  const length = 2 * Math.round(minutes * 60 * RATE);
  const file = await open(path, "w");
  await file.write(header(length));
  for (let written = 0; written < length; written += once.length) {
    await file.write(once.subarray(0, Math.min(once.length, length - written)));
  }
  await file.close();
}

function header(length) {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + length, 4);
  head.write("WAVEfmt ", 8);
  for (const [value, at, size] of [
    [16, 16, 4],
    [1, 20, 2],
    [1, 22, 2],
    [RATE, 24, 4],
    [2 * RATE, 28, 4],
    [2, 32, 2],
    [16, 34, 2],
  ]) {
    head.writeUIntLE(value, at, size);
  }
  head.write("data", 36);
  head.writeUInt32LE(length, 40);
  return head;
}

// ── in the page ──

async function decode({ mp3, rate }) {
  const bytes = Uint8Array.from(atob(mp3), (c) => c.charCodeAt(0));
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer);
  const pcm = Int16Array.from(sound.getChannelData(0), (v) =>
    Math.round(32767 * Math.max(-1, Math.min(1, v))),
  );
  let text = "";
  for (const byte of new Uint8Array(pcm.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
