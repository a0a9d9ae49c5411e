import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { ensurePackage, installed } from "../../scripts/setup/package.mjs";
import { python } from "../../scripts/setup/python.mjs";
import { voice, wav } from "./sound";

const command = fileURLToPath(new URL("../../bin/lipsplat-dub.mjs", import.meta.url));
const readback = fileURLToPath(new URL("readback.py", import.meta.url));
const rate = 22050;

/** The words of a real voice from `from` to `to` seconds, as a file. */
function words(path: string, from: number, to: number): string {
  const read =
    "import av,sys,numpy;sys.stdout.buffer.write(numpy.concatenate([f.to_ndarray().ravel() for f in av.open(sys.argv[1]).decode(audio=0)]).astype('<i2').tobytes())";
  const pcm = execFileSync(python, ["-c", read, voice], { maxBuffer: 2 ** 26 });
  const samples = Float32Array.from({ length: pcm.length / 2 }, (_, i) => pcm.readInt16LE(2 * i) / 32768);
  writeFileSync(path, wav(samples.subarray(from * rate, to * rate), rate));
  return path;
}

/** Runs the command as a person would. @param from the checkout's, or the package's. */
function dub(args: readonly string[], env: NodeJS.ProcessEnv = {}, from = command) {
  const child = spawn(process.execPath, [from, ...args], { env: { ...process.env, ...env } });
  let [out, told] = ["", ""];
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    told += data;
  });
  const end = new Promise<{ code: number | null; out: string; told: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, out, told })),
  );
  return { child, end, told: () => told };
}

test("one command makes a transparent video with a caption track, whose sound FFmpeg hears in time", async ({
  browserName: _,
}, info) => {
  const recording = words(info.outputPath("words.wav"), 0, 1.31);
  const captions = info.outputPath("words.vtt");
  writeFileSync(captions, "WEBVTT\n\n00:00.200 --> 00:09.000\nPrinting, in the <i>only</i> sense\n");
  const video = info.outputPath("words.webm");
  const args = [
    recording,
    "-o",
    video,
    "--alpha",
    "--size",
    "256",
    "--captions",
    captions,
    "--caption-track",
  ];
  // As it is installed, with the models of the package.
  ensurePackage();
  const { code, out, told } = await dub(args, {}, join(installed, "bin/lipsplat-dub.mjs")).end;
  expect(code, told).toBe(0);
  expect(join(process.cwd(), out.trim())).toBe(video);

  const found = JSON.parse(execFileSync(python, [readback, video, recording], { encoding: "utf8" }));
  console.log(JSON.stringify(found));
  // FFmpeg finds the captions, but has no decoder for them in a WebM; VLC has.
  expect(found.streams).toEqual([
    ["video", "vp9"],
    ["audio", "opus"],
    ["subtitle", "unknown"],
  ]);
  expect(found).toMatchObject({ frames: Math.ceil(1.31 * 25), size: [256, 256] });
  expect(Math.abs(found.seconds - 1.31), "one frame at most beyond the sound").toBeLessThanOrEqual(1 / 25);
  expect(Math.abs(found.soundLateMs), "sound against its source").toBeLessThan(1);
  expect(found.alpha).toEqual({ corner: 0, face: 255 });
});

test("a batch goes on past a bad file and, run again, makes only what is missing", async ({
  browserName: _,
}, info) => {
  const [from, to] = [info.outputPath("in"), info.outputPath("out")];
  mkdirSync(from);
  const good = words(join(from, "a.wav"), 0, 0.4);
  copyFileSync(good, join(from, "c.wav"));
  writeFileSync(join(from, "b.wav"), "Dear head, please read this aloud.");
  const args = [join(from, "*.wav"), "-o", to, "--size", "256", "--json"];
  const first = await dub(args).end;
  expect(first.code, first.told).toBe(1);
  const lines = (text: string) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { status: string; code?: string });
  expect(lines(first.out).map(({ status, code }) => code ?? status)).toEqual(["made", "not-audio", "made"]);
  expect(first.told).toContain("b.wav: This file holds no sound that the browser can decode.");
  expect(readdirSync(to).sort(), "nothing half done").toEqual(["a.mp4", "c.mp4"]);
  const { mtimeMs } = statSync(join(to, "a.mp4"));

  copyFileSync(good, join(from, "b.wav"));
  const second = await dub(args).end;
  expect(second.code, second.told).toBe(0);
  expect(lines(second.out).map(({ status }) => status)).toEqual(["skipped", "made", "skipped"]);
  expect(statSync(join(to, "a.mp4")).mtimeMs).toBe(mtimeMs);
  const found = JSON.parse(execFileSync(python, [readback, join(to, "b.mp4"), good], { encoding: "utf8" }));
  expect(found).toMatchObject({ frames: 10, alpha: null });
  expect(Math.abs(found.soundLateMs)).toBeLessThan(1);
});

test("stopped on the way, it leaves nothing behind", async ({ browserName: _ }, info) => {
  const video = info.outputPath("out", "voice.mp4");
  const { child, end } = dub([voice, "-o", video]);
  const parts = () => (existsSync(info.outputPath("out")) ? readdirSync(info.outputPath("out")) : []);
  await expect.poll(parts).toHaveLength(1);
  child.kill("SIGTERM");
  expect((await end).code).toBe(130);
  expect(parts()).toEqual([]);
});

test("what cannot be done is told, each with its own exit code", async ({ browserName: _ }, info) => {
  const video = info.outputPath("x.mp4");
  const fails = async (code: number, words: string, args: readonly string[], env = {}) => {
    const { told, ...result } = await dub(args, env).end;
    expect(told).toContain(words);
    expect(result.code, told).toBe(code);
  };
  await fails(2, "No recording is given.", ["-o", video]);
  await fails(2, "No output is given.", [voice]);
  await fails(2, "Unknown option '--sise'", [voice, "-o", video, "--sise", "512"]);
  await fails(2, "--alpha needs webm", [voice, "-o", video, "--alpha"]);
  await fails(2, "would both become", [voice, voice, "-o", info.outputPath("folder")]);
  await fails(2, "there is no avatar.json in it", [voice, "-o", video, "--avatar", info.outputDir]);
  await fails(1, "cannot be read (ENOENT)", [info.outputPath("none.wav"), "-o", video]);
  await fails(3, "There is no browser at /nowhere", [voice, "-o", video], { LIPSPLAT_CHROMIUM: "/nowhere" });
  expect(existsSync(video)).toBe(false);
});
