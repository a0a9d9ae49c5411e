// All figures of `npm run bench`, by key; null is not measured.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../scripts/setup/run.mjs";
import { measureGrowth, measureMemory, measurePeers } from "./comparison.mjs";
import { measureDub, writeLong } from "./dub.mjs";
import { measurePackage } from "./package.mjs";
import { measurePlayer } from "./player.mjs";
import { withRenderers } from "./renderers.mjs";
import { measureSoak } from "./soak.mjs";

export const PARTS = ["player", "encoder", "expression", "package", "peers", "growth", "memory", "exact"];
/** Only where they are asked for: half an hour of video, half an hour of listening. */
export const LONG_PARTS = ["dub", "soak"];

const STREAMED_MINUTES = 0.15;

/** Keys of the project's list of figures: here so that none is ever missing. */
const KEYS = [
  "vs_best_peer_20k",
  "vs_best_peer_50k",
  "webgpu_vs_webgpu_peer_20k",
  "webgpu_vs_webgpu_peer_50k",
  "exact_db",
  "exact_share_within_3",
  "player_fps_no_gpu",
  "growth_20k_200k",
  "memory_mb_50k_1080p",
  "encoder_ms_per_s",
  "encoder_bytes",
  "streaming_max_diff",
  "ready_ms",
  "poster_ms",
  "core_gzip_kb",
  "element_gzip_kb",
  "dub_speed",
  "skew_ms_p95",
  "mic_to_pixel_ms_p95",
  "blink_rate_per_min",
  "blink_interval_cv",
  "brow_prosody_r",
  "loop_repeat_r",
  "expression_ms_per_s",
];

/**
 * @param options `parts`, a set of {@link PARTS} and {@link LONG_PARTS}; `minutes` of video for `dub`, of listening for `soak`; `gpu`, the machine's own adapter instead of SwiftShader;
 *   `quick`, one short round, to see that it works.
 * @param say hears the progress.
 */
export async function bench({ parts, gpu, quick, minutes }, say) {
  const options = { gpu, quick };
  const figures = Object.fromEntries(KEYS.map((key) => [key, null]));
  const wants = (...names) => names.some((name) => parts.has(name));
  /** A part that fails is reported, and the others go on. */
  const errors = {};
  const attempt = async (part, measure) => {
    try {
      Object.assign(figures, await measure());
    } catch (error) {
      errors[part] = String(error.message ?? error).split("\n")[0];
      say(`${part} failed: ${errors[part]}`);
    }
  };
  const measureRenderers = async (session) => {
    await session.restart();
    figures.machine = await session.page.evaluate(() => globalThis.bench.machine());
    if (wants("peers")) await attempt("peers", () => measurePeers(session, options, say));
    if (wants("growth")) await attempt("growth", () => measureGrowth(session, options, say));
    if (wants("memory"))
      await attempt("memory", async () => summed(figures, await measureMemory(session, say)));
    return {};
  };
  if (wants("peers", "growth", "memory")) {
    await attempt("renderers", () => withRenderers(options, measureRenderers));
  }
  if (wants("player", "encoder")) await attempt("player", () => measurePlayer(parts, options, say));
  if (wants("encoder")) {
    await attempt("encoder", async () => {
      say("encoding in blocks");
      const sound = join(root, "build/bench/streaming.wav");
      await writeLong(sound, STREAMED_MINUTES);
      return lastLine("bench/streaming.mjs", sound);
    });
  }
  if (wants("expression")) {
    await attempt("expression", () => {
      say("blinks, brows and gaze of minutes of speech and silence");
      return lastLine("bench/expression.mjs", ...(quick ? ["--quick"] : []));
    });
  }
  if (wants("package")) await attempt("package", () => measurePackage(say));
  if (wants("dub")) await attempt("dub", () => measureDub({ minutes }, say));
  if (wants("soak")) await attempt("soak", () => measureSoak({ minutes, gpu }, say));
  if (wants("exact")) {
    await attempt("exact", async () => {
      say("comparing with the float64 reference");
      const { painters, ...exact } = await lastLine("bench/exact.mjs");
      return { ...exact, exact_painters: painters };
    });
  }
  if (Object.keys(errors).length > 0) figures.errors = errors;
  return figures;
}

/** Of what the probe picked; of the larger where that is not known. */
function summed({ peers, picked_50k: picked }, memory) {
  const api = peers?.["50k"]?.[picked]?.api;
  const held = Object.entries(memory).filter(([key]) => key === (api ?? key));
  const most = Math.max(...held.map(([, { total_mb = Number.NaN }]) => total_mb));
  return { memory, memory_mb_50k_1080p: Number.isFinite(most) ? most : null };
}

/** The JSON object that a script of ours prints last. */
function lastLine(script, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(text.trimEnd().split("\n").at(-1)));
      else reject(new Error(`${script} ended with ${code}`));
    });
  });
}
