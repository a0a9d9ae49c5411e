// The whole player in its built page: opening, playing, listening, encoding.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../scripts/setup/run.mjs";
import { openAlive, withBuiltPage } from "./site.mjs";
import { median, percentile } from "./statistics.mjs";

const SAMPLE = "/samples/greeting.mp3";
const MICROPHONE_SECONDS = 6;
const OPENINGS = 3;
const ENCODED_SECONDS = 10;
const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/**
 * @param parts of `player` and `encoder`, the wanted ones.
 * @returns figures by key.
 */
export async function measurePlayer(parts, { gpu }, say) {
  const speech = JSON.parse(await readFile(join(root, "public/models/speech/speech.json"), "utf8"));
  const avatar = JSON.parse(await readFile(join(root, "public/models/default/avatar.json"), "utf8"));
  const measure = async (page, address, server) => {
    const figures = {};
    say("opening the page");
    const transfer = countTransfers(server);
    const cold = await openAlive(page, address);
    transfer.stop();
    if (parts.has("player")) {
      // The head comes alive while nothing else is still on its way.
      figures.cold_ready_ms = cold.ready;
      figures.cold_visit_kb = Math.round(transfer.bytes / 1024);
      const openings = [];
      for (let i = 0; i < OPENINGS; i++) openings.push(await openAlive(page, address));
      figures.ready_ms = median(openings.map((t) => t.ready));
      figures.poster_ms = median(openings.map((t) => t.poster));
      await page.evaluate(collectMetrics);
      say("playing a sample");
      const metrics = await page.evaluate(play, SAMPLE);
      Object.assign(figures, summarise(metrics));
      say("listening to a microphone");
      const heard = await page.evaluate(listen, MICROPHONE_SECONDS);
      // From the sound that a frame shows, not from the newest that it needs: the look-ahead is in it, once.
      figures.mic_to_pixel_ms_p95 = percentile(
        heard.flatMap((m) => m.latencies).map((s) => 1000 * s),
        0.95,
      );
      // Medians; `total` also counts `capture`, what the browser says of the device.
      figures.mic_to_pixel_stages_ms = stages(heard.flatMap(({ latencyMs }) => latencyMs ?? []));
      say("saving a video");
      figures.dub_speed = await page.evaluate(dub, SAMPLE);
    }
    if (parts.has("encoder")) {
      say("encoding");
      figures.encoder_ms_per_s = await page.evaluate(encode, ENCODED_SECONDS);
      figures.encoder_bytes = speech.file.bytes;
    }
    return { gaussians: avatar.gaussians, ...figures };
  };
  return withBuiltPage(measure, FLAGS, gpu);
}

/** Counts what the server sends, heads and all: it compresses as a host would. */
function countTransfers(server) {
  let bytes = 0;
  const onRequest = ({ socket }, response) => {
    const before = socket.bytesWritten;
    response.on("close", () => {
      bytes += socket.bytesWritten - before;
    });
  };
  server.httpServer.on("request", onRequest);
  return {
    get bytes() {
      return bytes;
    },
    stop: () => server.httpServer.off("request", onRequest),
  };
}

/** Means over all frames of the metrics posted while a sound played. */
function summarise(metrics) {
  const frames = metrics.reduce((sum, m) => sum + m.frames, 0);
  const mean = (value) =>
    frames === 0 ? null : metrics.reduce((sum, m) => sum + value(m) * m.frames, 0) / frames;
  const skews = metrics.flatMap((m) => m.skews).map((s) => 1000 * Math.abs(s));
  const { renderer = null, provider = null, passMs = {} } = metrics.at(-1) ?? {};
  return {
    renderer,
    deform_provider: provider,
    frame_ms: mean((m) => m.frameMs),
    deform_ms: mean((m) => m.stageMs.deform),
    torso_ms: mean((m) => m.stageMs.torso),
    draw_ms: mean((m) => m.stageMs.draw),
    player_passes: passMs,
    restorer_ms: median(metrics.flatMap((m) => m.passMs.restore ?? [])) ?? null,
    player_scale: mean((m) => m.scale ?? 1),
    player_fps_no_gpu: mean((m) => m.fps),
    skew_ms_p95: percentile(skews, 0.95),
  };
}

/** Median of the posted medians, by stage. */
function stages(posted) {
  const names = Object.keys(posted[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(posted.map((latency) => latency[name]))]));
}

// ── in the page ──

function collectMetrics() {
  globalThis.metrics = [];
  const head = document.querySelector("lip-splat");
  // The first second at rest shows the player how long a frame takes, as with any visitor.
  return new Promise((settled) => {
    head.addEventListener("metrics", ({ detail }) => {
      globalThis.metrics.push(detail);
      if (globalThis.metrics.length === 2) settled();
    });
  });
}

/** Plays a sound to its end; the metrics posted meanwhile, without the first, which still holds silent frames. */
async function play(url) {
  const head = document.querySelector("lip-splat");
  await head.dub(url);
  globalThis.metrics = [];
  await new Promise((ended) => {
    head.addEventListener("statechange", ({ detail }) => {
      if (detail === "idle") ended();
    });
  });
  return globalThis.metrics.slice(1);
}

/** Seconds of video made in a second, from the first frame to the finished file: drawn, encoded and muxed. */
async function dub(url) {
  const fps = 25;
  let first;
  let last;
  await document.querySelector("lip-splat").exportVideo(url, {
    fps,
    onProgress({ done }) {
      last = done;
      first ??= { at: performance.now(), done };
    },
  });
  return (last - first.done) / fps / ((performance.now() - first.at) / 1000);
}

async function listen(seconds) {
  const head = document.querySelector("lip-splat");
  await head.attachMicrophone();
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
