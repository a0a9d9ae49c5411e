import type { Server } from "node:http";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { quantile } from "./numbers";
import { servePackage } from "./package";
import { state } from "./page";
import { type Look, seen, watch } from "./watch";

// The packed package by one script tag, on a host that sets no headers: what a stranger's page gets.

let page: Page;
let server: Server;
let address: string;

test.beforeAll(async ({ browser, launchOptions: _ }) => {
  test.setTimeout(400_000);
  ({ address, server } = await servePackage());
  page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.addInitScript(listen);
  await page.goto(address);
  await state(page, "idle");
  await page.evaluate(async () => {
    const context = new AudioContext();
    const bytes = await (await fetch("voice.flac")).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, 24000).decodeAudioData(bytes);
    window.voice = Int16Array.from(sound.getChannelData(0), (v) => Math.round(32767 * v));
    window.ears = context;
  });
  await watch(page);
});
test.afterAll(async () => {
  await page?.context().close();
  server?.close();
});

test("comes alive from one tag and the models of the package, and tells it as a media element would", async () => {
  const told = await events();
  expect(told.indexOf("loadstart")).toBeLessThan(told.indexOf("progress"));
  expect(told.indexOf("progress")).toBeLessThan(told.indexOf("canplay"));
  expect(told).not.toContain("error");
  expect(await head((h) => [h.readyState, h.paused, h.ended, h.error, h.duration])).toEqual([
    4,
    true,
    false,
    null,
    0,
  ]);
});

test("its poster fills it, and its bar has no fault that axe finds", async () => {
  const [width, poster] = await head((h) => [h.clientWidth, h.shadowRoot?.querySelector("img")?.clientWidth]);
  expect(poster).toBe(width);
  const { violations } = await new AxeBuilder({ page }).include("lip-splat").analyze();
  expect(violations.map(({ id, help, nodes }) => [id, help, nodes.map(({ html }) => html)])).toEqual([]);
});

test("its bar plays, seeks, mutes and pauses by the keyboard, and its sound ends", async () => {
  await page.getByRole("button", { name: "Play" }).press("Enter");
  await state(page, "playing");
  await page.getByRole("button", { name: "Mute" }).press("Enter");
  expect(await head((h) => [h.muted, h.hasAttribute("muted")])).toEqual([true, true]);
  await page.getByRole("button", { name: "Unmute" }).press("Enter");
  const length = await head((h) => h.duration);
  expect(length).toBeGreaterThan(10);
  const place = page.getByRole("slider", { name: "Position" });
  await place.press("ArrowRight");
  await place.press("ArrowRight");
  await expect.poll(() => head((h) => h.currentTime)).toBeGreaterThan(2);
  await expect(place).toHaveAttribute("aria-valuetext", /^0:0\d of 0:1\d$/);
  await page.getByRole("button", { name: "Pause" }).press("Enter");
  await state(page, "paused");
  await head((h) => {
    h.currentTime = h.duration - 0.6;
  });
  expect(await head((h) => h.duration - h.currentTime)).toBeLessThan(0.7);
  await page.getByRole("button", { name: "Play" }).press("Enter");
  await expect.poll(() => head((h) => h.ended)).toBe(true);
  expect(await head((h) => [h.paused, h.duration - h.currentTime])).toEqual([true, 0]);
  const told = await events();
  for (const type of ["play", "playing", "pause", "timeupdate", "durationchange", "seeked", "volumechange"])
    expect(told, type).toContain(type);
  expect(told.filter((type) => type === "ended")).toHaveLength(1);
  expect(await head((h) => h.play().then(() => h.currentTime < 5 && !h.ended)), "and plays again").toBe(true);
  await head((h) => h.stop());
  expect(await head((h) => [h.state, h.ended, h.currentTime])).toEqual(["idle", false, 0]);
});

test("speaks pushed samples of any chunk size, tells when a voice begins and ends, and rests when they are flushed", async () => {
  const closed = await rest();
  await events();
  await seen(page);
  const took = await head(async (h) => {
    const { voice } = window;
    let at = 0;
    for (let size = 100; at < voice.length; size = (size * 7 + 13) % 9000) {
      h.pushAudio(voice.subarray(at, at + size + 1), 24000);
      at += size + 1;
    }
    const began = performance.now();
    await h.flush();
    return (performance.now() - began) / 1000 - voice.length / 24000;
  });
  const { looks } = await seen(page);
  const openings = looks.filter((look) => look.state === "playing").map((look) => look.opening);
  const wide = quantile(openings, 0.9);
  console.log(
    `${openings.length} looks; ${wide} px wide, ${closed} px closed; flushed ${took} s after its length`,
  );
  // The wait for the face, the time to open the sound, and what a busy machine's sound falls behind the clock.
  expect(took).toBeGreaterThan(0);
  expect(took).toBeLessThan(5);
  expect(wide, "the mouth moves").toBeGreaterThan(closed + 3);
  const told = await events();
  expect(told.indexOf("speechstart")).toBeGreaterThanOrEqual(0);
  expect(told.lastIndexOf("speechend")).toBeGreaterThan(told.indexOf("speechstart"));
  expect(told, "a pushed sound ends with its flush").toContain("ended");
  expect(await rest(), "and rests").toBeLessThan(closed + 3);
});

test("is interrupted: nothing more is heard, the mouth shuts, and it speaks again at once", async () => {
  const loud = await head(async (h) => {
    h.pushAudio(window.voice, 24000);
    const stream = h.captureStream();
    const ear = new AnalyserNode(window.ears, { fftSize: 2048 });
    new MediaStreamAudioSourceNode(window.ears, { mediaStream: stream }).connect(ear);
    await window.ears.resume();
    const level = () => {
      const wave = new Float32Array(2048);
      ear.getFloatTimeDomainData(wave);
      return Math.hypot(...wave) / Math.sqrt(2048);
    };
    const most = async (ms: number) => {
      let found = 0;
      const until = performance.now() + ms;
      while (performance.now() < until) {
        found = Math.max(found, level());
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return found;
    };
    const before = await most(2500);
    h.interrupt();
    const { state } = h;
    // What the capture itself holds back.
    await new Promise((resolve) => setTimeout(resolve, 150));
    const after = await most(1000);
    h.pushAudio(window.voice.subarray(0, 48000), 24000);
    const again = await most(2000);
    h.interrupt();
    for (const track of stream.getTracks()) track.stop();
    return { before, after, again, state };
  });
  console.log(loud);
  expect(loud.before).toBeGreaterThan(0.02);
  expect(loud.state).toBe("idle");
  expect(loud.after).toBe(0);
  expect(loud.again).toBeGreaterThan(0.02);
  expect(await head((h) => h.ended)).toBe(false);
});

test("speaks what an <audio> element and a stream play", async () => {
  const closed = await rest();
  for (const way of ["element", "stream"] as const) {
    await seen(page);
    await head(async (h, wanted) => {
      if (wanted === "element") {
        const audio = new Audio("voice.flac");
        await h.attachElement(audio);
        await audio.play();
      } else {
        const bytes = await (await fetch("voice.flac")).arrayBuffer();
        const source = new AudioBufferSourceNode(window.ears, {
          buffer: await window.ears.decodeAudioData(bytes),
        });
        const out = new MediaStreamAudioDestinationNode(window.ears);
        source.connect(out);
        source.start();
        await h.attachStream(out.stream);
      }
    }, way);
    await page.waitForTimeout(6000);
    const { looks } = await seen(page);
    const wide = quantile(
      looks.map((look) => look.opening),
      0.9,
    );
    console.log(`${way}: ${looks.length} looks, ${wide} px wide, ${closed} px closed`);
    expect(wide, way).toBeGreaterThan(closed + 3);
    expect(await head((h) => [h.paused, h.duration])).toEqual([false, Number.POSITIVE_INFINITY]);
    await head((h) => h.stop());
  }
});

test("is captured with picture and sound", async () => {
  const seenThere = await head(async (h) => {
    const stream = h.captureStream(25);
    const video = document.createElement("video");
    video.srcObject = stream;
    video.muted = true;
    await video.play();
    let frames = 0;
    video.requestVideoFrameCallback(function next() {
      frames++;
      video.requestVideoFrameCallback(next);
    });
    // By itself: with a picture in it, decodeAudioData now and then refuses what the recorder wrote.
    const recorder = new MediaRecorder(new MediaStream(stream.getAudioTracks()));
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    await h.dub("voice.flac");
    const began = performance.now();
    // A slow machine draws few, and its sound falls behind the clock.
    while ((h.currentTime < 3 || frames < 10) && performance.now() - began < 60_000)
      await new Promise((resolve) => setTimeout(resolve, 100));
    h.stop();
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
    recorder.stop();
    await stopped;
    const file = new Blob(parts, { type: recorder.mimeType });
    const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(await file.arrayBuffer());
    const peak = sound.getChannelData(0).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const { videoWidth: width, videoHeight: height } = video;
    const sheet = new OffscreenCanvas(8, 8).getContext("2d");
    sheet?.drawImage(video, 0, 0, 8, 8);
    const lumas = Array.from(sheet?.getImageData(0, 0, 8, 8).data ?? []).filter((_, i) => i % 4 === 1);
    for (const track of stream.getTracks()) track.stop();
    return {
      frames,
      width,
      height,
      seconds: sound.duration,
      peak,
      contrast: Math.max(...lumas) - Math.min(...lumas),
    };
  });
  // A machine too slow for 512 draws fewer pixels.
  expect(seenThere.width).toBeGreaterThan(300);
  expect(seenThere.height).toBe(seenThere.width);
  expect(seenThere.frames, "new frames").toBeGreaterThanOrEqual(10);
  expect(seenThere.contrast, "a picture is in them").toBeGreaterThan(60);
  expect(seenThere.seconds).toBeGreaterThan(2.5);
  expect(seenThere.peak).toBeGreaterThan(0.05);
});

test("shows the expression it is asked for and looks where it is asked to, and goes back", async () => {
  const open = await irises();
  expect(quantile(open, 0.5)).toBeGreaterThan(100);
  await head((h) => h.setExpression({ blink: 1 }));
  await expect.poll(async () => Math.max(...(await irises())), "eyes shut").toBeLessThan(20);
  await head((h) => h.setExpression(null));
  await expect.poll(async () => quantile(await irises(), 0.5), "and open again").toBeGreaterThan(100);

  await head((h) => h.lookAt({ x: -2000, y: 150 }));
  await page.waitForTimeout(2000);
  const left = await eyesX();
  await head((h) => h.lookAt({ x: 3000, y: 150 }));
  const turned = async () => (await eyesX()) - left;
  await expect.poll(turned, "turns to the right of the picture, pixels").toBeGreaterThan(6);
  await head((h) => h.lookAt(null));
});

test("refuses what it cannot take with a typed error, and plays on", async () => {
  const codes = await page.evaluate(async () => {
    const h = document.querySelector("lip-splat");
    if (!h) throw new Error("no head");
    const code = async (run: () => unknown) => {
      try {
        await run();
        return "nothing";
      } catch (error) {
        const { name, code, hint } = error as { name: string; code: string; hint: string };
        return name === "LipsplatError" && hint ? code : String(error);
      }
    };
    const wrong = h as unknown as Record<string, (...args: unknown[]) => unknown>;
    const found = [
      await code(() => wrong["dub"]?.call(h, 42)),
      await code(() => h.dub("voice.txt")),
      await code(() => wrong["attachStream"]?.call(h, {})),
      await code(() => h.attachStream(new MediaStream())),
      await code(() => wrong["attachElement"]?.call(h, document.body)),
      await code(() => wrong["pushAudio"]?.call(h, [1, 2, 3], 16000)),
      await code(() => h.pushAudio(new Float32Array(10), 10)),
      await code(() => wrong["setExpression"]?.call(h, { grin: 1 })),
      await code(() => wrong["lookAt"]?.call(h, { yaw: "left" })),
      await code(() => h.setBackground("no colour")),
      await code(() => {
        h.volume = 2;
      }),
      await code(() => {
        h.currentTime = Number.NaN;
      }),
      await code(() => h.captureStream(-1)),
    ];
    const other = document.createElement("lip-splat");
    found.push(await code(() => other.captureStream()), await code(() => other.play()));
    other.dispose();
    document.body.append(other);
    found.push(await code(() => other.play()), await code(() => other.pushAudio(new Float32Array(1), 16000)));
    other.remove();
    other.dispose();
    await h.dub("voice.flac");
    h.stop();
    return found;
  });
  expect(codes).toEqual([
    ...[
      "bad-option",
      "audio-unreachable",
      "bad-option",
      "bad-option",
      "bad-option",
      "bad-sound",
      "bad-sound",
    ],
    ...["bad-option", "bad-option", "bad-option", "bad-option", "bad-option", "bad-option"],
    ...["not-ready", "not-ready", "disposed", "disposed"],
  ]);
});

test("waits out of sight until it is needed, says in German what went wrong, and tries again", async ({
  browser,
}) => {
  const fresh = await browser.newPage();
  await fresh.addInitScript(listen);
  await fresh.goto(address);
  await fresh.evaluate(() => {
    document.body.innerHTML = `<div style="height: 5000px"></div><lip-splat lang="de" loading="lazy" src="/nowhere/"></lip-splat>`;
  });
  await fresh.waitForTimeout(500);
  const told = () => fresh.evaluate(() => window.events.filter((type) => type === "loadstart").length);
  const before = await told();
  await fresh.evaluate(() => document.querySelector("lip-splat")?.scrollIntoView());
  await expect(fresh.getByRole("alert")).toContainText("konnte nicht geholt werden: avatar.json");
  expect(await told()).toBe(before + 1);
  expect(await fresh.evaluate(() => document.querySelector("lip-splat")?.error?.code)).toBe(
    "bundle-unreachable",
  );
  await fresh.evaluate(() => document.querySelector("lip-splat")?.removeAttribute("src"));
  await state(fresh, "idle");
  await expect(
    fresh.getByRole("img", { name: "Ein sprechender Kopf, eine künstliche Person" }),
  ).toBeVisible();
  await fresh.close();
});

/** Runs in the page before its own code. */
function listen(): void {
  window.events = [];
  const types = [
    "loadstart",
    "progress",
    "canplay",
    "play",
    "playing",
    "pause",
    "timeupdate",
    "durationchange",
    "ended",
  ];
  for (const type of [
    ...types,
    "seeked",
    "volumechange",
    "speechstart",
    "speechend",
    "statechange",
    "metrics",
    "error",
  ])
    document.addEventListener(type, () => window.events.push(type), true);
}

/** What was told since the last call. */
const events = () => page.evaluate(() => window.events.splice(0));

type Head = HTMLElementTagNameMap["lip-splat"];

/** Runs in the page, on its element. */
function head<T, A>(use: (head: Head, argument: A) => T | Promise<T>, argument?: A): Promise<T> {
  return page.evaluate(
    ([source, value]) => {
      const run = new Function(`return (${source})`)() as (head: Head, argument: A) => T;
      const found = document.querySelector("lip-splat");
      if (!found) throw new Error("no <lip-splat> on the page");
      return run(found, value as A);
    },
    [use.toString(), argument] as const,
  ) as Promise<T>;
}

/** The dark line between closed lips, in silence. */
async function rest(): Promise<number> {
  await state(page, "idle");
  await page.waitForTimeout(1000);
  const looks = await look();
  return quantile(
    looks.map(({ opening }) => opening),
    0.5,
  );
}

const irises = async () => (await look()).map(({ iris }) => iris);

async function look(): Promise<Look[]> {
  await seen(page);
  await page.waitForTimeout(1500);
  return (await seen(page)).looks;
}

/** Where the irises are in the picture, across, in 512ths: they go with the head and by themselves. */
function eyesX(): Promise<number> {
  return head(async (h) => {
    const canvas = h.shadowRoot?.querySelector("canvas");
    const sheet = new OffscreenCanvas(512, 512).getContext("2d", { willReadFrequently: true });
    if (!canvas || !sheet) throw new Error("no picture");
    for (;;) {
      sheet.drawImage(canvas, 0, 0, 512, 512);
      const { data } = sheet.getImageData(150, 150, 212, 85);
      let sum = 0;
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if ((data[i + 1] ?? 0) - (data[i] ?? 0) <= 10) continue;
        sum += 150 + ((i / 4) % 212);
        count++;
      }
      // In a blink nothing of them is to be seen.
      if (count > 100) return sum / count;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

declare global {
  interface Window {
    voice: Int16Array;
    ears: AudioContext;
    events: string[];
  }
}
