import { expect, type Page, test } from "@playwright/test";
import { correlation, mean, quantile } from "./numbers";
import { drop, open, state } from "./page";
import { decode, loudness, voice } from "./sound";
import { type Look, seen, watch } from "./watch";

test.describe.configure({ mode: "serial" });

const rate = 16000;
let page: Page;
/** The dark line between closed lips, as the silent head shows it. */
let closed: number;

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
  closed = quantile(
    looks.map((look) => look.opening),
    0.5,
  );
  expect(closed, "dark line between closed lips").toBeLessThan(10);
});

test("a dropped recording opens the mouth with its sound, and silence closes it", async () => {
  const samples = await decode(page, voice, rate);
  await seen(page);
  await drop(page, voice);
  await state(page, "playing");
  await expect(page.locator("#status")).toHaveText("LJ001-0001.flac");
  await expect(page.locator("#time")).toHaveText(/ \/ 0:08$/);
  await state(page, "idle");
  const rest = 3;
  await page.waitForFunction(
    (seconds) => {
      const silent = window.looks.findLastIndex((look) => look.state === "playing");
      return (window.looks.at(-1)?.at ?? 0) - (window.looks[silent]?.at ?? 0) > seconds;
    },
    rest,
    { timeout: 60_000 },
  );
  const { looks, told } = await seen(page);
  const playing = fresh(looks).filter((look) => look.state === "playing" && look.time > 0.2);
  const ended = Math.max(...playing.map((look) => look.at));
  const after = looks.filter((look) => look.at > ended + 1).map((look) => look.opening);

  const heard = (look: Look, shift = 0) => Math.max(-55, loudness(samples, rate, look.time + shift));
  const openings = playing.map((look) => look.opening);
  const follows = (shift: number) =>
    correlation(
      openings,
      playing.map((look) => heard(look, shift)),
    );
  const loud = playing.filter((look) => heard(look) > -30).map((look) => look.opening);
  const skews = told.flatMap((metrics) => metrics.skews);
  const frame = quantile(
    told.map((metrics) => metrics.frameMs / 1000),
    0.5,
  );
  console.log(
    `${playing.length} frames; mouth ${closed} px closed, ${mean(loud).toFixed(1)} px in sound (90 %: ${quantile(loud, 0.9)}), ` +
      `${quantile(after, 0.95)} px after; r ${follows(0).toFixed(2)} (${follows(-0.7).toFixed(2)}, ${follows(0.7).toFixed(2)} off by 0.7 s); ` +
      `skew median ${(1000 * quantile(skews, 0.5)).toFixed(0)} ms, 95 % ${(1000 * quantile(skews.map(Math.abs), 0.95)).toFixed(0)} ms, frame ${(1000 * frame).toFixed(0)} ms`,
  );

  expect(mean(loud), "the mouth is open in sound").toBeGreaterThan(closed + 2);
  expect(quantile(loud, 0.9), "and wide at times").toBeGreaterThan(closed + 5);
  expect(follows(0), "it follows the loudness").toBeGreaterThan(0.3);
  expect(follows(0), "and at its own time").toBeGreaterThan(Math.max(follows(-0.7), follows(0.7)) + 0.1);
  expect(quantile(after, 0.95), "silence closes it").toBeLessThan(closed + 3);

  expect(skews.length).toBeGreaterThan(10);
  // A frame is stamped when it is begun: it may be late by as long as it takes, and no more.
  expect(quantile(skews.map(Math.abs), 0.95), "the picture keeps to the audio clock").toBeLessThan(
    2 * frame + 0.05,
  );
  const third = Math.floor(skews.length / 3);
  const drift = mean(skews.slice(-third)) - mean(skews.slice(0, third));
  expect(Math.abs(drift), "and does not drift from it").toBeLessThan(frame + 0.05);
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

/** Looks at a new picture each: the page looks more often than the head is drawn. */
function fresh(looks: readonly Look[]): Look[] {
  return looks.filter((look, i) => i === 0 || difference(look, looks[i - 1] ?? look) > 0);
}

function difference(a: Look, b: Look): number {
  return mean(a.picture.map((luma, i) => Math.abs(luma - (b.picture[i] ?? 0))));
}

/** Mean change of luma between looks about a second apart. */
function sway(looks: readonly Look[]): number {
  const changes = looks.flatMap((look) => {
    const later = looks.find((other) => other.at >= look.at + 1);
    return later ? [difference(look, later)] : [];
  });
  return mean(changes);
}
