import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { PlayerMetrics } from "../../src/player/player";
import { correlation, mean, quantile } from "./numbers";
import { drop, open, state } from "./page";
import { decode, loudness, voice, wav } from "./sound";
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

test("a dropped recording opens the mouth, silence closes it, and the picture keeps to the audio clock", async () => {
  const closed = await atRest();
  const { playing, after, told } = await hear(voice);
  const openings = playing.map((look) => look.opening);
  const rested = quantile(
    after.map((look) => look.opening),
    0.9,
  );
  const skews = told.flatMap((metrics) => metrics.skews);
  const behind = quantile(skews.map(Math.abs), 0.95);
  const took = quantile(
    told.map((metrics) => metrics.frameMs / 1000),
    0.9,
  );
  console.log(
    `${openings.length} frames, ${ms(took)} each; mouth ${closed} px closed, in speech ${mean(openings).toFixed(1)} px ` +
      `and at most ${quantile(openings, 0.95)}, ${rested} px after it; skew ${ms(behind)}`,
  );
  expect(mean(openings), "the mouth is open in speech").toBeGreaterThan(closed + 2);
  expect(quantile(openings, 0.95), "and wide at times").toBeGreaterThan(closed + 5);
  expect(rested, "silence closes it").toBeLessThan(closed + 3);

  expect(skews.length).toBeGreaterThan(10);
  // A frame is stamped for the time of its completion, which is foreseen: it may miss by as long as a frame takes.
  expect(behind, "the picture keeps to the audio clock").toBeLessThan(took + 0.1);
  const third = Math.floor(skews.length / 3);
  const drift = mean(skews.slice(-third)) - mean(skews.slice(0, third));
  expect(Math.abs(drift), "and does not drift from it").toBeLessThan(took + 0.05);
});

test("the mouth rests in every pause and opens in every piece of speech", async ({
  browserName: _,
}, info) => {
  const beat = 1.2;
  const samples = halting(await decode(page, voice, rate), beat * rate);
  const file = info.outputPath("halting.wav");
  writeFileSync(file, wav(samples, rate));
  const { playing } = await hear(file);
  const openings = playing.map((look) => look.opening);
  const follows = (shift: number) =>
    correlation(
      openings,
      playing.map((look) => Math.max(-55, loudness(samples, rate, look.time + shift, 0.3))),
    );
  // A software renderer shows a frame late by as long as it takes: up to a third of a second is granted.
  const onTime = Math.max(...[-0.3, -0.2, -0.1, 0].map(follows));
  const amiss = Math.max(follows(-beat), follows(beat));
  console.log(`${openings.length} frames; r ${onTime.toFixed(2)}, a beat off ${amiss.toFixed(2)}`);
  expect(onTime, "it follows the sound").toBeGreaterThan(0.4);
  expect(onTime, "and at its own time").toBeGreaterThan(amiss + 0.4);
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

/** Hears a recording until enough of the head was seen: once at 4 frames a second, more often on a slower machine. */
async function hear(voice: string) {
  let { playing, after, told } = await hearOnce(voice);
  for (let times = 1; times < 6 && playing.length < 30; times++) {
    const again = await hearOnce(voice);
    playing = [...playing, ...again.playing];
    told = [...told, ...again.told];
    after = again.after;
  }
  return { playing, after, told };
}

/** Drops a recording, and looks at the head while it plays and in the silence after it. */
async function hearOnce(voice: string) {
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

/** The dark line between closed lips, as the silent head shows it. */
async function atRest(): Promise<number> {
  let idle: Look[] = [];
  await expect(async () => {
    idle = fresh([...idle, ...(await seen(page)).looks]);
    expect(idle.length).toBeGreaterThan(5);
  }).toPass({ intervals: [500] });
  return restingMouth(idle);
}

/** A recording with a pause as long as each piece of it. */
function halting(samples: Float32Array, piece: number): Float32Array {
  const pieces = Math.floor(samples.length / piece);
  const result = new Float32Array(2 * piece * pieces);
  for (let i = 0; i < pieces; i++) result.set(samples.subarray(i * piece, (i + 1) * piece), 2 * i * piece);
  return result;
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
