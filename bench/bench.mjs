// Times of the built page in Chromium on this machine. Keys as in the project's list of figures; null is not measured.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../scripts/setup/run.mjs";
import { openAlive, withBuiltPage } from "./site.mjs";

const SAMPLE = "/samples/greeting.mp3";
const MICROPHONE_SECONDS = 6;
const OPENINGS = 3;
const ENCODED_SECONDS = 10;

/** What other work will measure; here so that no key is ever missing. */
const later = [
  "vs_best_peer_20k",
  "vs_best_peer_50k",
  "webgpu_vs_webgpu_peer_20k",
  "webgpu_vs_webgpu_peer_50k",
  "exact_db",
  "exact_share_within_3",
  "growth_20k_200k",
  "memory_mb_50k_1080p",
  "streaming_max_diff",
  "core_gzip_kb",
  "element_gzip_kb",
  "dub_speed",
];

/** All bench figures by key; `say` hears the progress. */
export async function bench(say) {
  const speech = JSON.parse(await readFile(join(root, "public/models/speech/speech.json"), "utf8"));
  const avatar = JSON.parse(await readFile(join(root, "public/models/default/avatar.json"), "utf8"));
  const flags = [
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  ];
  return withBuiltPage(async (page, address) => {
    say("opening");
    await openAlive(page, address);
    const openings = [];
    for (let i = 0; i < OPENINGS; i++) openings.push(await openAlive(page, address));
    await page.evaluate(collectMetrics);

    say("playing a sample");
    const played = summarise(await page.evaluate(play, SAMPLE));
    say("listening to a microphone");
    const heard = await page.evaluate(listen, MICROPHONE_SECONDS);
    const latencies = heard.flatMap((m) => m.latencies).map((s) => 1000 * s);
    const delay = percentile(latencies, 0.95);
    say("encoding");
    const encoderMs = await page.evaluate(encode, ENCODED_SECONDS);

    return {
      gaussians: avatar.gaussians,
      ...played,
      mic_to_pixel_ms_p95:
        delay === null ? null : delay + 1000 * speech.lookAheadHops * (speech.hop / speech.rate),
      encoder_ms_per_s: encoderMs,
      encoder_bytes: speech.file.bytes,
      ready_ms: median(openings.map((t) => t.ready)),
      poster_ms: median(openings.map((t) => t.poster)),
      ...Object.fromEntries(later.map((key) => [key, null])),
    };
  }, flags);
}

/** Means over all frames of the metrics posted while a sound played. */
function summarise(metrics) {
  const frames = metrics.reduce((sum, m) => sum + m.frames, 0);
  const mean = (value) =>
    frames === 0 ? null : metrics.reduce((sum, m) => sum + value(m) * m.frames, 0) / frames;
  const skews = metrics.flatMap((m) => m.skews).map((s) => 1000 * Math.abs(s));
  const { renderer = null, provider = null } = metrics.at(-1) ?? {};
  return {
    renderer,
    deform_provider: provider,
    frame_ms: mean((m) => m.frameMs),
    deform_ms: mean((m) => m.stageMs.deform),
    torso_ms: mean((m) => m.stageMs.torso),
    draw_ms: mean((m) => m.stageMs.draw),
    player_fps_no_gpu: mean((m) => m.fps),
    skew_ms_p95: percentile(skews, 0.95),
  };
}

function percentile(values, share) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}

function median(values) {
  return percentile(values, 0.5);
}

// ── in the page ──

function collectMetrics() {
  globalThis.metrics = [];
  document
    .querySelector("lip-splat")
    .addEventListener("metrics", ({ detail }) => globalThis.metrics.push(detail));
}

/** Plays a sound to its end; the metrics posted meanwhile, without the first, which still holds silent frames. */
async function play(url) {
  const head = document.querySelector("lip-splat");
  await head.play(url);
  globalThis.metrics = [];
  await new Promise((ended) => {
    head.addEventListener("statechange", ({ detail }) => {
      if (detail === "idle") ended();
    });
  });
  return globalThis.metrics.slice(1);
}

async function listen(seconds) {
  const head = document.querySelector("lip-splat");
  await head.listen();
  globalThis.metrics = [];
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  head.stop();
  return globalThis.metrics.slice(1);
}

/** Wall milliseconds per second of sound, median of five. */
async function encode(seconds) {
  const { player } = document.querySelector("lip-splat");
  const pcm = Float32Array.from({ length: 16000 * seconds }, () => 0.1 * (Math.random() - 0.5));
  const times = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    await player.encode(pcm.slice());
    times.push((performance.now() - began) / seconds);
  }
  return times.sort((a, b) => a - b)[2];
}
