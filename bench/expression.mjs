// node bench/expression.mjs [--quick]: what the expression generator makes of real voices and of silence, frame by frame,
// through all that ships (cues.onnx → generator → codec); one JSON object on the last line.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import * as ort from "onnxruntime-web/wasm";
import { findChromium } from "../scripts/setup/chromium.mjs";
import { root } from "../scripts/setup/run.mjs";
import { measureProsody } from "./prosody.mjs";
import { openSources } from "./sources.mjs";
import { correlation } from "./statistics.mjs";

const RATE = 16000;
const FPS = 25;
/** Seconds of a sound, of silence, and of what is timed. */
const LONG = process.argv.includes("--quick") ? 30 : 300;
const TIMED = 5;
const ROUNDS = 24;
const shared = join(root, "../shared");
/** The capture from here on, and these first clips, no training has heard. */
const CAPTURE_FRAME = 1289;
const CLIPS = 48;

const read = (path) => readFile(join(root, "public/models", path));
const sources = await openSources();
const load = (path) => sources.load(`/src/${path}.ts`);
ort.env.wasm.wasmBinary = await readFile(
  createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
);
ort.env.wasm.numThreads = 1;
const { ARKIT_SIZE } = await load("motion/arkit");
const { CUE_SIZE, CUE_STEP } = await load("motion/cues");
const { createCodec } = await load("motion/codec");
const { createGenerator } = await load("motion/generator/generator");
const { createIdleMotion } = await load("motion/idle");
const { createProsody } = await load("speech/prosody");
const { createUpperFace } = await load("motion/upper-face");
const { EXPRESSION_NAMES } = await load("motion/expression-names");
const { parseAvatar, parseSpeech } = await load("avatar/schema");
const { readMotion } = await load("avatar/motion");

const avatar = parseAvatar(String(await read("default/avatar.json")));
const bytes = async (file) => new Uint8Array(await read(file)).buffer;
const motion = readMotion(await bytes("default/motion.bin"), avatar.frames);
const idle = createIdleMotion(motion, avatar.fps);
const codecBytes = avatar.files.codec && (await bytes(`default/${avatar.files.codec.path}`));
const openCodec = () => codecBytes && createCodec(avatar, codecBytes);
const speech = parseSpeech(String(await read("speech/speech.json")));
const prosody = await createProsody({
  manifest: speech,
  cues: async () => speech.cues && bytes(`speech/${speech.cues.file.path}`),
});

/** Cues by sound. */
const heard = new Map();
const sounds = await readSounds();
const talk = repeated(sounds.clips, LONG);
const speaking = await perform(talk, LONG);
const silent = await perform(undefined, LONG);
const blinks = [speaking, silent].map((face) => blinksOf(face));
const captured = await followed(sounds.capture);
const readAloud = await followed(talk);
const looped = Array.from({ length: LONG * FPS }, (_, i) => {
  const row = new Float32Array(19);
  idle.sample(i / FPS, row);
  return row.slice(6);
});
const { cues, generator, codec } = await time();
console.log(
  JSON.stringify({
    blink_rate_per_min: { speech: blinks[0].rate, silence: blinks[1].rate },
    blink_interval_cv: { speech: blinks[0].cv, silence: blinks[1].cv },
    brow_prosody_r: Math.min(captured.r, readAloud.r),
    brow_prosody: { capture: captured, ljspeech: readAloud },
    loop_repeat_r: Math.max(repeats(speaking), repeats(silent)),
    loop_repeat_r_idle: repeats(looped),
    expression_ms_per_s: cues + generator + codec,
    expression_ms: { cues, generator, codec },
    expression_with: { cues: Boolean(prosody), codec: Boolean(codecBytes), minutes: LONG / 60 },
  }),
);
await sources.close();

/** The avatar's channels [13] at each frame of a sound, as a dub makes them; of silence where there is none. */
async function perform(pcm, seconds, seed = 1) {
  const face = createUpperFace(avatar, seed);
  face.codec = await openCodec();
  const track = pcm && prosody && (await cuesOf(pcm));
  const rows = [];
  const turn = [0, 0, 0];
  const pose = new Float32Array(19);
  for (let i = 0; i < Math.floor(seconds * FPS); i++) {
    const at = (i + 0.5) / FPS;
    face.advance(at, {
      sway: 1,
      cues(time, out) {
        if (!track?.sample(track.nearest(time) ?? -1, out)) out.fill(0);
      },
      pose(time) {
        idle.sample(time, pose);
        return [pose[0], pose[1], pose[2]];
      },
    });
    await face.settled();
    const row = new Float32Array(EXPRESSION_NAMES.length);
    face.sample(at, row, turn);
    rows.push(row);
  }
  return rows;
}

/** Performances of the same sound hear the same. */
async function cuesOf(pcm) {
  const known = heard.get(pcm) ?? hear(pcm);
  heard.set(pcm, known);
  return known;
}

/** All cues of a sound, kept: the player's track forgets after seconds. */
async function hear(pcm) {
  const stream = prosody.stream();
  const rows = [];
  const block = 25 * prosody.hop;
  for (let from = 0; from < pcm.length + block; from += block) {
    const piece = new Float32Array(block);
    piece.set(pcm.subarray(from, from + block));
    const { firstIndex, values } = await stream.push(piece);
    for (let i = 0; i * CUE_SIZE < values.length; i++) {
      if (firstIndex + i >= 0) rows.push(values.slice(i * CUE_SIZE, (i + 1) * CUE_SIZE));
    }
  }
  return {
    nearest: (time) => Math.max(0.5 * CUE_STEP, time),
    sample(time, out) {
      const at = time / CUE_STEP - 0.5;
      const [from, to] = [rows[Math.floor(at)], rows[Math.floor(at) + 1]];
      if (!from || !to) return false;
      for (let c = 0; c < CUE_SIZE; c++) out[c] = from[c] + (at - Math.floor(at)) * (to[c] - from[c]);
      return true;
    },
  };
}

function blinksOf(rows) {
  const lids = channel(rows, "eyeBlinkLeft");
  const starts = lids.flatMap((lid, i) => (lid > 0.5 && lids[i - 1] <= 0.5 ? [i / FPS] : []));
  const intervals = starts.slice(1).map((start, i) => start - starts[i]);
  const mean = intervals.reduce((a, b) => a + b, 0) / intervals.length;
  const variance = intervals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / intervals.length;
  return { rate: (60 * starts.length * FPS) / rows.length, cv: Math.sqrt(variance) / mean };
}

/** How the brows follow a voice, over four performances of it: at its own time, and where they follow it best. */
async function followed(pcm) {
  const prominence = measureProsody(pcm, RATE, FPS);
  const found = [];
  for (const seed of [1, 2, 3, 4]) {
    const rows = await perform(pcm, pcm.length / RATE, seed);
    const raise = ["browInnerUp", "browOuterUpLeft", "browOuterUpRight"]
      .map((name) => channel(rows, name))
      .reduce((sum, values) => sum.map((value, i) => value + values[i] / 3));
    const at = (lag) => {
      const pairs = raise.map((value, i) => [value, prominence[i - lag]]).filter(([, p]) => p !== undefined);
      return correlation(
        pairs.map(([value]) => value),
        pairs.map(([, p]) => p),
      );
    };
    const lags = Array.from({ length: 11 }, (_, i) => i - 3);
    const best = lags.reduce((a, b) => (at(b) > at(a) ? b : a));
    found.push({ r: at(0), best_r: at(best), best_lag_ms: (1000 * best) / FPS });
  }
  const mean = (key) => found.reduce((sum, one) => sum + one[key], 0) / found.length;
  return {
    r: mean("r"),
    best_r: mean("best_r"),
    best_lag_ms: mean("best_lag_ms"),
    seconds: pcm.length / RATE,
  };
}

/** The largest correlation of the upper face with itself 10 to 120 s later, all its channels together. */
function repeats(rows) {
  const names = EXPRESSION_NAMES.filter((name) => !name.startsWith("mouth"));
  const columns = names.map((name) => {
    const values = channel(rows, name);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) || 1;
    return values.map((value) => (value - mean) / deviation);
  });
  let most = -1;
  for (let lag = 10 * FPS; lag <= Math.min(120 * FPS, rows.length / 2); lag++) {
    let sum = 0;
    for (const values of columns) {
      for (let i = lag; i < values.length; i++) sum += values[i] * values[i - lag];
    }
    most = Math.max(most, sum / columns.length / (rows.length - lag));
  }
  return most;
}

/** Milliseconds of the processor a second of sound takes, hop by hop as live; the least of some rounds. */
async function time() {
  const coefficients = new Float32Array(ARKIT_SIZE).fill(0.2);
  const cpu = async (work) => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) / 1000 / TIMED);
    }
    return least;
  };
  const made = createGenerator(1, { smile: 0.2, squint: 0.1 });
  const stream = prosody?.stream();
  const through = await openCodec();
  return {
    cues: !stream
      ? 0
      : await cpu(async () => {
          for (let h = 0; h < TIMED * FPS; h++)
            await stream.push(talk.slice(h * prosody.hop, (h + 1) * prosody.hop));
        }),
    generator: await cpu(() => {
      const cues = new Float32Array(CUE_SIZE).fill(0.5);
      for (let i = 0; i < TIMED * FPS; i++) made.step(cues, [0, 0, 0], 1);
    }),
    codec: !through
      ? 0
      : await cpu(async () => {
          for (let i = 0; i < TIMED * FPS; i++) await through.push(coefficients);
        }),
  };
}

/** Held-out speech at 16 kHz, decoded by the browser. */
async function readSounds() {
  const names = String(await readFile(join(shared, "data/speech/ljspeech/transcripts.csv")))
    .split("\n")
    .slice(0, CLIPS)
    .map((line) => join(shared, "data/speech/ljspeech", `${line.split(/[|,]/)[0]}.flac`));
  const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
  const page = await browser.newPage();
  const decoded = async (path) => {
    const base64 = await page.evaluate(decode, { flac: await readFile(path, "base64"), rate: RATE });
    const raw = Buffer.from(base64, "base64");
    return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  };
  const clips = [];
  for (const name of names) clips.push(await decoded(name).catch(() => new Float32Array(0)));
  const voice = await decoded(join(shared, "subject/capture/voice.flac"));
  await browser.close();
  return { clips, capture: voice.slice((CAPTURE_FRAME / FPS) * RATE) };
}

/** One after the other, again and again, for so many seconds; a pause between them. */
function repeated(clips, seconds) {
  const all = new Float32Array(seconds * RATE);
  for (let at = 0, k = 0; at < all.length; k++) {
    const clip = clips[k % clips.length];
    all.set(clip.subarray(0, all.length - at), at);
    at += clip.length + 0.4 * RATE;
  }
  return all;
}

function channel(rows, name) {
  const at = EXPRESSION_NAMES.indexOf(name);
  return rows.map((row) => row[at]);
}

// ── in the page ──

async function decode({ flac, rate }) {
  const bytes = Uint8Array.from(atob(flac), (c) => c.charCodeAt(0));
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer);
  let text = "";
  for (const byte of new Uint8Array(sound.getChannelData(0).buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
