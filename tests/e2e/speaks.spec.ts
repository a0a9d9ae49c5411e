import { basename } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { PlayerMetrics } from "../../src/player/player";
import { correlation, mean, quantile } from "./numbers";
import { drop, open, state } from "./page";
import { decode, loudness, voices } from "./sound";
import { type Look, seen, watch } from "./watch";

const rate = 16000;
let page: Page;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await open(page);
  await watch(page);
});
test.afterAll(() => page.close());

test("a silent head lives: it sways and blinks, its mouth closed", async () => {
  const looks: Look[] = [];
  // In the capture a blink comes every 2.6 s.
  await expect(async () => {
    looks.push(...fresh((await seen(page)).looks));
    expect(looks.length).toBeGreaterThan(20);
    const open = quantile(
      looks.map((look) => look.iris),
      0.5,
    );
    expect(open, "iris pixels with open eyes").toBeGreaterThan(100);
    expect(Math.min(...looks.map((look) => look.iris))).toBeLessThan(0.5 * open);
  }).toPass({ intervals: [500] });
  expect(sway(looks), "mean change of luma over a second").toBeGreaterThan(0.2);
  expect(restingMouth(looks), "dark line between closed lips, pixels").toBeLessThan(10);
});

test("a dropped recording opens the mouth with its sound, and silence closes it", async () => {
  const frames: { opening: number; heard(shift: number): number }[] = [];
  const told: PlayerMetrics[] = [];
  let after: number[] = [];
  let idle: Look[] = [];
  await expect(async () => {
    idle = fresh([...idle, ...(await seen(page)).looks]);
    expect(idle.length).toBeGreaterThan(5);
  }).toPass({ intervals: [500] });
  const closed = restingMouth(idle);
  // One recording is enough at 5 frames a second; a slower machine hears more of them.
  for (const voice of voices) {
    const samples = await decode(page, voice, rate);
    const heard = await hear(voice);
    const lag = quantile(
      heard.told.flatMap((metrics) => metrics.skews),
      0.5,
    );
    for (const look of heard.playing) {
      frames.push({
        opening: look.opening,
        heard: (shift) => Math.max(-55, loudness(samples, rate, look.time + lag + shift)),
      });
    }
    told.push(...heard.told);
    after = heard.after.map((look) => look.opening);
    if (frames.length >= 40) break;
  }
  const openings = frames.map((frame) => frame.opening);
  const follows = (shift: number) =>
    correlation(
      openings,
      frames.map((frame) => frame.heard(shift)),
    );
  const loud = frames.filter((frame) => frame.heard(0) > -30).map((frame) => frame.opening);
  const skews = told.flatMap((metrics) => metrics.skews);
  const behind = quantile(skews.map(Math.abs), 0.95);
  const took = quantile(
    told.map((metrics) => metrics.frameMs / 1000),
    0.9,
  );
  console.log(
    `${frames.length} frames, ${ms(took)} each; mouth ${closed} px closed, in sound ${mean(loud).toFixed(1)} px and at most ${quantile(loud, 0.9)}, ` +
      `after it ${quantile(after, 0.9)} px; r ${follows(0).toFixed(2)}, off by 0.7 s ${follows(-0.7).toFixed(2)} and ${follows(0.7).toFixed(2)}; skew ${ms(behind)}`,
  );

  expect(mean(loud), "the mouth is open in sound").toBeGreaterThan(closed + 2);
  expect(quantile(loud, 0.9), "and wide at times").toBeGreaterThan(closed + 5);
  expect(follows(0), "it follows the loudness").toBeGreaterThan(0.3);
  expect(follows(0), "and at its own time").toBeGreaterThan(Math.max(follows(-0.7), follows(0.7)) + 0.1);
  expect(quantile(after, 0.9), "silence closes it").toBeLessThan(closed + 3);

  expect(skews.length).toBeGreaterThan(10);
  // A frame is stamped when it is begun: it may be late by as long as it takes, and no more.
  expect(behind, "the picture keeps to the audio clock").toBeLessThan(2 * took + 0.05);
  const third = Math.floor(skews.length / 3);
  const drift = mean(skews.slice(-third)) - mean(skews.slice(0, third));
  expect(Math.abs(drift), "and does not drift from it").toBeLessThan(took + 0.05);
});

test("pause holds the sound, and it goes on from there", async () => {
  await page.getByRole("button", { name: "Play a sample" }).click();
  await state(page, "playing");
  await expect(page.locator("#time")).toHaveText(/^0:0[1-9]/);
  await page.getByRole("button", { name: "Pause" }).click();
  await state(page, "paused");
  const time = () => page.evaluate(() => document.querySelector("lip-splat")?.currentTime ?? 0);
  const held = await time();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  expect(Math.abs((await time()) - held)).toBeLessThan(0.05);
  await page.getByRole("button", { name: "Go on" }).click();
  await state(page, "playing");
  await expect.poll(time).toBeGreaterThan(held + 0.3);
  await page.keyboard.press("Escape");
  await state(page, "idle");
});

/** Drops a recording, and looks at the head while it plays and in the silence after it. */
async function hear(voice: string) {
  await seen(page);
  await drop(page, voice);
  await state(page, "playing");
  await expect(page.locator("#status")).toHaveText(basename(voice));
  await expect(page.locator("#time")).toHaveText(/ \/ 0:\d\d$/);
  await state(page, "idle");
  const playing: Look[] = [];
  const after: Look[] = [];
  const told: PlayerMetrics[] = [];
  await expect(async () => {
    const now = await seen(page);
    told.push(...now.told);
    for (const look of fresh(now.looks)) {
      if (look.state === "playing") playing.push(look);
      // The lips may take a second to come to rest.
      else if (look.at > (playing.at(-1)?.at ?? 0) + 1) after.push(look);
    }
    expect(after.length).toBeGreaterThan(5);
  }).toPass({ intervals: [500] });
  return { playing, after, told };
}

const ms = (seconds: number) => `${Math.round(1000 * seconds)} ms`;

/** Looks at a new picture each: the page looks more often than the head is drawn. */
function fresh(looks: readonly Look[]): Look[] {
  return looks.filter((look, i) => i === 0 || difference(look, looks[i - 1] ?? look) > 0);
}

function difference(a: Look, b: Look): number {
  return mean(a.picture.map((luma, i) => Math.abs(luma - (b.picture[i] ?? 0))));
}

const restingMouth = (looks: readonly Look[]) =>
  quantile(
    looks.map((look) => look.opening),
    0.5,
  );

/** Mean change of luma between looks about a second apart. */
function sway(looks: readonly Look[]): number {
  const changes = looks.flatMap((look) => {
    const later = looks.find((other) => other.at >= look.at + 1);
    return later ? [difference(look, later)] : [];
  });
  return mean(changes);
}
