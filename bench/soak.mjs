// A microphone for a long time: memory of all the browser's processes, and how late the face is, over time. Linux.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../scripts/setup/run.mjs";
import { writeLong } from "./dub.mjs";
import { openAlive, withBuiltPage } from "./site.mjs";
import { median, percentile, slope } from "./statistics.mjs";
import { usageOf } from "./usage.mjs";

const EVERY_MS = 10_000;
/** Minutes after which memory should have settled. */
const SETTLED = 3;

/**
 * @param options `minutes` of listening; `gpu` as for the other parts.
 * @returns figures by key. `soak_memory`: [minute, MB]. `soak_latency`: [minute, ms from a sound to its face, the lower
 *   quartile of a minute's frames]. `soak_drift_ms`: by how much the best minute of the last fifth is later than that of
 *   the first: drift adds up, what other work on the machine delays comes back. A frame is 40 ms.
 */
export async function measureSoak({ minutes, gpu }, say) {
  const folder = join(root, "build/bench");
  await mkdir(folder, { recursive: true });
  const voice = join(folder, "microphone.wav");
  await writeLong(voice, 1);
  const flags = [
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${voice}`,
  ];
  const measure = async (page, address) => {
    await openAlive(page, address);
    await page.evaluate(listen);
    say(`listening for ${minutes} minutes`);
    const began = performance.now();
    const now = () => (performance.now() - began) / 60_000;
    const memory = [];
    const latency = [];
    let [frames, lost, minute] = [0, 0, []];
    while (now() < minutes) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      memory.push([now(), (await usageOf(process.pid)).mb]);
      for (const heard of await page.evaluate(() => globalThis.heard.splice(0))) {
        frames += heard.frames;
        lost += heard.dropped;
        minute.push(...heard.latencies.map((s) => 1000 * s));
      }
      if (now() < latency.length + 1) continue;
      latency.push([latency.length + 1, percentile(minute, 0.25)]);
      minute = [];
      say(
        `${Math.round(now())} of ${minutes} minutes, ${Math.round(memory.at(-1)[1])} MB, ${latency.at(-1)[1]} ms`,
      );
    }
    const state = await page.evaluate(() => document.querySelector("lip-splat").state);
    if (state !== "listening") throw new Error(`the head is ${state} at the end`);
    return figures(memory, latency, { minutes, frames, lost });
  };
  try {
    return await withBuiltPage(measure, flags, gpu);
  } finally {
    await rm(voice, { force: true });
  }
}

function figures(memory, latency, { minutes, frames, lost }) {
  const settled = Math.min(SETTLED, minutes / 2);
  const later = memory.filter(([minute]) => minute >= settled);
  const part = (from, to) => median(later.slice(from * later.length, to * later.length).map(([, mb]) => mb));
  const late = latency.map(([, ms]) => ms);
  const fifth = Math.ceil(late.length / 5);
  return {
    soak_minutes: minutes,
    soak_frames: frames,
    soak_lost_samples: lost,
    soak_memory: memory,
    soak_memory_growth_mb_per_minute: slope(later),
    // Medians of the first and the last tenth: what a slope makes of one late jump is no growth.
    soak_memory_first_mb: part(0, 0.1),
    soak_memory_last_mb: part(0.9, 1),
    soak_latency: latency,
    soak_drift_ms:
      late.length > 1 ? Math.min(...late.slice(-fifth)) - Math.min(...late.slice(0, fifth)) : null,
  };
}

// ── in the page ──

async function listen() {
  const head = document.querySelector("lip-splat");
  globalThis.heard = [];
  head.addEventListener("metrics", ({ detail: { frames, latencies, sound } }) => {
    globalThis.heard.push({ frames, latencies, dropped: sound.dropped });
  });
  await head.attachMicrophone();
}
