import { expect, type Page, test } from "@playwright/test";
import { open, state } from "./page";
import { rendering, spyOnRendering } from "./spy";
import { type Look, seen, watch } from "./watch";

/** What page and render worker do in two seconds in which nobody touches them. */
async function work(page: Page): Promise<{ frames: number; timers: number; decoded: number }> {
  // What is under way may end.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const read = () => ({ frames: spied.frames, timers: spied.timers, decoded: spied.decoded });
  const worker = rendering(page);
  const [ours, its] = [await page.evaluate(read), await worker.evaluate(read)];
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const [then, later] = [await page.evaluate(read), await worker.evaluate(read)];
  return {
    frames: then.frames - ours.frames + later.frames - its.frames,
    timers: then.timers - ours.timers + later.timers - its.timers,
    decoded: later.decoded - its.decoded,
  };
}

/** Headless Chromium shows every page: it is told otherwise. Frames would go on coming to whoever asks for them. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (value ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

test("a head that nobody sees costs nothing; its sound goes on, and its lips are in time when it is back", async ({
  page,
}) => {
  await spyOnRendering(page);
  await open(page);
  const alive = await work(page);
  expect(alive.frames).toBeGreaterThan(5);
  expect(alive.decoded).toBeGreaterThan(5);

  await setHidden(page, true);
  expect(await work(page)).toEqual({ frames: 0, timers: 0, decoded: 0 });
  await setHidden(page, false);
  expect((await work(page)).frames).toBeGreaterThan(5);

  await page.evaluate(() => {
    document.body.style.paddingTop = "300vh";
  });
  expect(await work(page), "scrolled out of sight").toEqual({ frames: 0, timers: 0, decoded: 0 });
  await page.evaluate(() => {
    document.body.style.paddingTop = "";
  });
  expect((await work(page)).frames).toBeGreaterThan(5);

  await page.getByRole("button", { name: "Play a sample" }).click();
  await state(page, "playing");
  await setHidden(page, true);
  const time = () => page.evaluate(() => document.querySelector("lip-splat")?.currentTime ?? 0);
  const before = await time();
  expect((await work(page)).decoded).toBe(0);
  expect(await time(), "the sound goes on").toBeGreaterThan(before + 1.5);
  const back = page.evaluate(
    () =>
      new Promise<{ off: number; skews: readonly number[]; frameMs: number }>((resolve) => {
        const head = document.querySelector("lip-splat");
        head?.addEventListener("metrics", ({ detail: { displayedTime, skews, frameMs } }) => {
          if (displayedTime !== null) resolve({ off: displayedTime - head.currentTime, skews, frameMs });
        });
      }),
  );
  await setHidden(page, false);
  const { off, skews, frameMs } = await back;
  expect(Math.abs(off)).toBeLessThan(0.3 + frameMs / 1000);
  // The very first frames too.
  for (const skew of skews) expect(Math.abs(skew)).toBeLessThan(0.2 + frameMs / 1000);
});

test("where reduced motion is preferred the head comes to a stand, and blinks", async ({ page }) => {
  await open(page);
  await watch(page);
  const swaying = await blinking(page);
  await page.emulateMedia({ reducedMotion: "reduce" });
  // It comes to a stand in a second of drawn time, a tenth of a second a frame at most.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 4000)));
  const standing = await blinking(page);
  console.log(
    `outline changes by ${change(swaying).toFixed(1)} swaying, ${change(standing).toFixed(1)} standing`,
  );
  // A change of resolution moves single pixels of so small a picture by some levels.
  expect(change(standing)).toBeLessThan(change(swaying) / 2);
});

/** Looks until the eyes have been open and shut: in the capture a blink comes every 2.6 s. */
async function blinking(page: Page): Promise<Look[]> {
  await seen(page);
  const looks: Look[] = [];
  await expect(async () => {
    looks.push(...(await seen(page)).looks);
    const irises = looks.map((look) => look.iris).sort((a, b) => a - b);
    expect(irises.length).toBeGreaterThan(60);
    expect(irises[0] ?? 0).toBeLessThan(0.5 * (irises[irises.length >> 1] ?? 0));
  }).toPass({ intervals: [500] });
  return looks;
}

/** Mean over the outline (all of the 8 × 8 picture but its inner 4 × 4, where the face is) of how far luma goes. */
function change(looks: readonly Look[]): number {
  const outline = Array.from({ length: 64 }, (_, i) => i).filter(
    (i) => Math.abs((i % 8) - 3.5) > 2 || Math.abs((i >> 3) - 3.5) > 2,
  );
  const ranges = outline.map((i) => {
    const lumas = looks.map((look) => look.picture[i] ?? 0);
    return Math.max(...lumas) - Math.min(...lumas);
  });
  return ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
}
