import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { captionAt, cutCaptions, readCaptions, writeCaptions } from "../../src/dub/captions";
import { readMp3Extent } from "../../src/dub/mp3";
import { frameCount, planVideo, videoSize } from "../../src/dub/plan";
import { createRateChange } from "../../src/dub/rate";
import { inPieces, type Pcm, soundOf } from "../../src/dub/sound";

test("every sample has its frame, and no frame is without one", () => {
  expect(frameCount(48000, 48000, 25)).toBe(25);
  expect(frameCount(48001, 48000, 25)).toBe(26);
  expect(frameCount(47999, 48000, 25)).toBe(25);
  // 3600 s at 44.1 kHz and 60 frames: no rounding adds one.
  expect(frameCount(3600 * 44100, 44100, 60)).toBe(216000);
  expect(frameCount(0, 48000, 25)).toBe(1);
});

test("a video keeps the canvas' proportions and is even", () => {
  expect(videoSize({ width: 512, height: 512 })).toEqual({ width: 512, height: 512 });
  expect(videoSize({ width: 512, height: 512 }, 1080)).toEqual({ width: 1080, height: 1080 });
  expect(videoSize({ width: 640, height: 480 }, 361)).toEqual({ width: 480, height: 360 });
});

test("a wish that cannot be met is refused by name", () => {
  expect(planVideo({})).toEqual({
    format: "mp4",
    fps: 25,
    size: undefined,
    videoBitrate: undefined,
    alpha: false,
    background: "avatar",
    captions: [],
    captionsAs: "picture",
    mood: "neutral",
    modules: { generator: true, codec: true, restorer: true },
    seed: 1,
  });
  const refuse = (options: unknown) => expect(() => planVideo(options as never));
  refuse({ fps: 24 }).toThrow("fps is 24: it must be 25, 30 or 60");
  refuse({ size: 64 }).toThrow("size is 64");
  refuse({ size: Number.NaN }).toThrow("size is NaN");
  refuse({ format: "gif" }).toThrow("format is gif");
  refuse({ mood: "angry" }).toThrow("mood is angry: it must be one of neutral, happy");
  refuse({ modules: { codec: 0 } }).toThrow("modules.codec is true or false, not 0");
  refuse({ seed: Number.NaN }).toThrow("seed is NaN");
  refuse({ videoBitrate: -1 }).toThrow("videoBitrate is -1");
  refuse({ captions: { vtt: "1\n00:00:00,000 --> 00:00:01,000\nHello" } }).toThrow("must be WEBVTT");
});

test("transparency makes it a WebM, and nothing else does with it", () => {
  expect(planVideo({ alpha: true })).toMatchObject({
    format: "webm",
    alpha: true,
    background: "transparent",
  });
  expect(planVideo({ background: "transparent" })).toMatchObject({ format: "webm", alpha: true });
  expect(planVideo({ background: { color: "red" } })).toMatchObject({ format: "mp4", alpha: false });
  const refuse = (options: Parameters<typeof planVideo>[0]) => expect(() => planVideo(options));
  refuse({ alpha: true, format: "mp4" }).toThrow("mp4 has no transparency");
  refuse({ alpha: true, background: { color: "red" } }).toThrow("contradicts the background");
  refuse({ alpha: false, background: "transparent" }).toThrow("contradicts the background");
});

test("captions: times, order, tags, entities, and what is no caption", () => {
  const cues = readCaptions(
    [
      "\ufeffWEBVTT - a talk",
      "",
      "STYLE",
      "::cue { color: lime }",
      "",
      "NOTE nobody reads this",
      "",
      "second",
      "01:00:02.500 --> 01:00:04.000 line:80%",
      "<v Ann>Tea &amp; <i>cake</i>",
      "for two",
      "",
      "00:01.000 --> 00:02.000",
      "First",
    ].join("\r\n"),
  );
  expect(cues.map(({ from, to }) => [from, to])).toEqual([
    [1, 2],
    [3602.5, 3604],
  ]);
  expect(captionAt(cues, 0.999)).toEqual([]);
  expect(captionAt(cues, 1)).toEqual(["First"]);
  expect(captionAt(cues, 2), "a caption ends before its end").toEqual([]);
  expect(captionAt(cues, 3603)).toEqual(["Tea & cake", "for two"]);
  expect(readCaptions(writeCaptions(cues)), "there and back").toEqual(cues);
  expect(cutCaptions(cues, 1.5)).toEqual([{ ...cues[0], to: 1.5 }]);
  expect(() => readCaptions("WEBVTT\n\n1:00 --> 2:00\nNo")).toThrow("line 3 of the captions: 1:00 --> 2:00");
  expect(() => readCaptions("WEBVTT\n\n00:02.000 --> 00:01.000\nNo")).toThrow("ends before it begins");
});

test.each([
  [22050, 48000],
  [48000, 16000],
  [8000, 48000],
])("from %i to %i Hz a tone keeps its phase and its length, whatever the pieces", (from, to) => {
  const seconds = 0.5;
  const tone = (rate: number) =>
    Float32Array.from({ length: seconds * rate }, (_, i) => Math.sin((2 * Math.PI * 440 * i) / rate));
  const change = createRateChange(from, to);
  const input = tone(from);
  const output: number[] = [];
  for (let at = 0; at < input.length; at += 777) output.push(...change.push(input.subarray(at, at + 777)));
  output.push(...change.end());
  const expected = tone(to);
  expect(output.length).toBe(expected.length);
  // The filter's ripple; at both ends it also sees the silence around the sound, 28 periods of the lower rate.
  const edge = Math.ceil((28 * to) / Math.min(from, to));
  const worst = expected.reduce(
    (worst, value, i) =>
      i < edge || i >= expected.length - edge ? worst : Math.max(worst, Math.abs(value - (output[i] ?? 0))),
    0,
  );
  expect(worst).toBeLessThan(1e-3);
});

test("pieces are all the sound, in order, cut and joined", async () => {
  const sound = Float32Array.from({ length: 1000 }, (_, i) => i);
  async function* blocks(): AsyncGenerator<Pcm, void> {
    for (const [from, to] of [
      [0, 3],
      [3, 3],
      [3, 700],
      [700, 1000],
    ] as const)
      yield [sound.slice(from, to), sound.slice(from, to).map((v) => -v)];
  }
  const pieces = [];
  for await (const piece of inPieces(blocks(), 128)) pieces.push(piece);
  expect(pieces.map(([left]) => left?.length)).toEqual([...Array.from({ length: 7 }, () => 128), 104]);
  expect(pieces.flatMap(([left]) => [...(left ?? [])])).toEqual([...sound]);
  expect(pieces.flatMap(([, right]) => [...(right ?? [])])).toEqual([...sound.map((v) => -v)]);
});

test("a sound in memory comes back whole, at most in stereo", async () => {
  const channel = Float32Array.from({ length: 2500 }, (_, i) => i);
  const sound = soundOf([channel, channel, channel], 1000);
  expect(sound).toMatchObject({ rate: 1000, channels: 2, seconds: 2.5 });
  const back: number[] = [];
  for await (const [left] of sound.blocks()) back.push(...(left ?? []));
  expect(back).toEqual([...channel]);
});

test("an MP3's run-up and padding are read from its tag", async () => {
  const file = new Uint8Array(readFileSync(new URL("../../public/samples/reading.mp3", import.meta.url)));
  // ffmpeg decodes 6.3855 s of it, after 1105 samples of run-up.
  expect(await readMp3Extent(new Blob([file]))).toEqual({ skip: 1105, length: Math.round(6.3855 * 22050) });
  expect(await readMp3Extent(new Blob([file.subarray(2000)])), "no tag").toBeUndefined();
  expect(await readMp3Extent(new Blob([new Uint8Array(9)])), "no frame").toBeUndefined();
});
