import { readFileSync, writeFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { correlation, mean } from "./numbers";
import { drop, open, playsOn, state } from "./page";
import { decode, voice, wav } from "./sound";
import {
  bestLag,
  conditionsFor,
  inspect,
  type Mouth,
  mouthsDrawn,
  mouthsIn,
  teachMouths,
  whiteOnSuit,
} from "./video";

const rate = 22050;
let page: Page;
/** The first words of a real voice, at its own rate. */
let speech: Float32Array;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  // A dialog of the system's own cannot be answered from here: without it the video goes to the downloads.
  await page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await open(page);
  await teachMouths(page);
  // Predicted here, frame by frame: the captured face, whatever the voice.
  await page.evaluate(() => {
    const head = document.querySelector("lip-splat");
    if (head) head.modules = { generator: false };
  });
  speech = (await decode(page, voice, rate)).subarray(0, 2.31 * rate);
});
test.afterAll(() => page.close());

test("a dropped recording is saved as a video: every frame at its time, the sound to the sample", async ({
  browserName: _,
}, info) => {
  const recording = info.outputPath("words.wav");
  writeFileSync(recording, wav(speech, rate));
  const save = page.getByRole("button", { name: "Save video" });
  await expect(save).toBeDisabled();
  await drop(page, recording);
  await expect(save).toBeEnabled();
  // The machine is the video's alone.
  await state(page, "idle");
  await save.focus();
  const downloading = page.waitForEvent("download");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("progressbar", { name: "Saving the video" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel saving the video" })).toBeFocused();
  await expect(page.locator("#save-left")).toHaveText(/\d+ (s|min) left/);
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("words.mp4");
  await expect(page.locator("#save-status")).toHaveText("Saved words.mp4");
  await expect(save).toBeFocused();

  const file = readFileSync(await download.path());
  const seconds = speech.length / rate;
  const frames = Math.ceil(25 * seconds);
  const found = await inspect(file);
  expect(found).toMatchObject({ codecs: ["avc", "aac"], size: [512, 512], rate, frames });
  expect(Math.abs(found.seconds - seconds), "one frame at most beyond the sound").toBeLessThanOrEqual(1 / 25);
  // The last packet is cut to the sound: to a tick of the container's clock.
  expect(Math.abs(found.soundSeconds - seconds)).toBeLessThan(0.001);

  const saved = info.outputPath("words.mp4");
  writeFileSync(saved, file);
  const lag = bestLag(speech, await decode(page, saved, rate), Math.round(rate / 20));
  expect(Math.abs(lag) / rate, "sound against its source, seconds").toBeLessThan(0.001);

  const conditions = await conditionsFor(await decode(page, recording, 16000), frames, 25);
  const drawn = await mouthsDrawn(page, conditions);
  const shown = await mouthsIn(page, file);
  const differs = [-2, -1, 0, 1, 2].map((shift) => meanDifference(drawn, shown, shift));
  const follows = [-2, -1, 0, 1, 2].map((shift) => openingsAgree(drawn, shown, shift));
  console.log(
    `lag ${lag} samples; mouth differs by ${differs.map((d) => d.toFixed(2)).join(" ")} levels, ` +
      `openings r ${follows.map((r) => r.toFixed(3)).join(" ")} at −2 … 2 frames`,
  );
  expect(Math.min(...differs), "frames show what they are for").toBe(differs[2]);
  // What H.264 at the default rate leaves of a face it has room for.
  expect(differs[2]).toBeLessThan(4);
  expect(Math.max(...follows)).toBe(follows[2]);
  expect(follows[2], "lip openings").toBeGreaterThan(0.98);
});

test("as WebM at another size and rate, with captions, drawn by WebGPU, straight into a file, in a hidden tab", async () => {
  const file = await page.evaluate(
    async (base64) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
      const head = document.querySelector("lip-splat");
      const sound = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle("words.webm", { create: true });
      const result = await head?.exportVideo(sound, {
        format: "webm",
        size: 720,
        fps: 30,
        renderer: "webgpu",
        captions: { vtt: "WEBVTT\n\n00:00.000 --> 00:00.100\nPrinting, in the only sense with which we are" },
        target: await handle.createWritable(),
      });
      if (result !== undefined) throw new Error("the video was also returned");
      Reflect.deleteProperty(document, "visibilityState");
      document.dispatchEvent(new Event("visibilitychange"));
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    },
    wav(speech.subarray(0, rate / 5), rate).toString("base64"),
  );
  const webm = Buffer.from(file, "base64");
  expect(await inspect(webm)).toMatchObject({ codecs: ["vp9", "opus"], size: [720, 720], frames: 6 });
  const [first] = await mouthsIn(page, webm);
  const pcm = new Float32Array(8000);
  const [rest] = await mouthsDrawn(page, await conditionsFor(pcm, 1, 30));
  expect(first && rest && difference(first, rest), "its first frame is the head at rest").toBeLessThan(4);
  const { 0: captioned = 0, 5: after = 0 } = await whiteOnSuit(page, webm);
  expect(captioned, "letters on the dark suit").toBeGreaterThan(40);
  expect(after, "and none when their time is over").toBe(0);
});

test("cancelled, it leaves nothing behind and nothing running", async () => {
  const code = await page.evaluate(async () => {
    const head = document.querySelector("lip-splat");
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle("cancelled.mp4", { create: true });
    const cancel = new AbortController();
    const saving = head?.exportVideo("/samples/greeting.mp3", {
      target: await handle.createWritable(),
      signal: cancel.signal,
      onProgress: ({ done }) => done > 5 && cancel.abort(),
    });
    const failure = await saving?.catch((error: unknown) => error);
    return [(failure as { code?: string } | undefined)?.code, (await handle.getFile()).size];
  });
  expect(code).toEqual(["export-cancelled", 0]);
  await expect.poll(() => page.workers().filter((one) => one.url().includes("dub"))).toEqual([]);
  await playsOn(page);
});

test("a full disk, a text and an impossible wish are told", async () => {
  const failure = (make: string, options: Record<string, unknown>) =>
    page.evaluate(
      async ([text, options]) => {
        const head = document.querySelector("lip-splat");
        const sound = text === "" ? "/samples/reading.mp3" : new Blob([text]);
        const target =
          options["target"] === true &&
          (await (
            await (await navigator.storage.getDirectory()).getFileHandle("full.mp4", { create: true })
          ).createWritable());
        const error = await head
          ?.exportVideo(sound, { ...options, ...(target ? { target } : {}) } as never)
          .catch((error: unknown) => error);
        return (error as { code?: string } | undefined)?.code;
      },
      [make, options] as const,
    );
  expect(await failure("Dear head, please read this aloud.", {})).toBe("not-audio");
  expect(await failure("", { fps: 24 })).toBe("bad-option");
  expect(await failure("", { size: 4000 })).toBe("bad-option");

  const cdp = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  const { usage } = await page.evaluate(() => navigator.storage.estimate());
  // Room to begin, not for the whole: the video takes 0.6 MB.
  await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: (usage ?? 0) + 1e5 });
  expect(await failure("", { target: true })).toBe("disk-full");
  await cdp.send("Storage.overrideQuotaForOrigin", { origin });
});

/** Mean absolute difference of luma over all frames, the shown `shift` frames later. */
function meanDifference(drawn: readonly Mouth[], shown: readonly Mouth[], shift: number): number {
  return mean(pairs(drawn, shown, shift).map(([a, b]) => difference(a, b)));
}

function openingsAgree(drawn: readonly Mouth[], shown: readonly Mouth[], shift: number): number {
  const both = pairs(drawn, shown, shift);
  return correlation(
    both.map(([a]) => a.opening),
    both.map(([, b]) => b.opening),
  );
}

function pairs(drawn: readonly Mouth[], shown: readonly Mouth[], shift: number): [Mouth, Mouth][] {
  return drawn.flatMap((a, i) => {
    const b = shown[i + shift];
    return b ? [[a, b] satisfies [Mouth, Mouth]] : [];
  });
}

function difference(a: Mouth, b: Mouth): number {
  return mean(a.luma.map((value, i) => Math.abs(value - (b.luma[i] ?? 0))));
}
