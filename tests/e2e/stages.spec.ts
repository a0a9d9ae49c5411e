import { expect, type Page, test } from "@playwright/test";
import type { PlayerMetrics } from "../../src/player/player";
import { state } from "./page";
import { decode, voice, wav } from "./sound";
import { rendering, spyOnRendering } from "./spy";

const SPEECH = "/models/speech/";
const AVATAR = "/models/default/";

/** One more head on the page; resolves when it lives or has failed. */
async function addHead(page: Page, id: string, attributes: Record<string, string>): Promise<string> {
  await page.evaluate(
    ([name, all]) => {
      const head = document.createElement("lip-splat");
      head.id = name;
      head.style.cssText = "position: fixed; inset: auto 0 0 auto; width: 160px";
      for (const [key, value] of Object.entries(all)) head.setAttribute(key, value);
      document.body.append(head);
    },
    [id, { src: AVATAR, speech: SPEECH, ...attributes }] as const,
  );
  await page.waitForFunction(
    (name) => ["idle", "failed"].includes(document.querySelector<LipSplatElement>(`#${name}`)?.state ?? ""),
    id,
  );
  return page.evaluate((name) => document.querySelector<LipSplatElement>(`#${name}`)?.state ?? "", id);
}
type LipSplatElement = HTMLElementTagNameMap["lip-splat"];

/** Keeps the metrics and errors of every head. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.heard = {};
    window.errors = [];
    for (const head of document.querySelectorAll("lip-splat")) {
      const list: PlayerMetrics[] = [];
      window.heard[head.id] = list;
      head.addEventListener("metrics", ({ detail }) => list.push(detail));
      head.addEventListener("error", ({ error }) => window.errors.push(`${head.id} ${error.code}`));
    }
  });
}
declare global {
  interface Window {
    heard: Record<string, PlayerMetrics[]>;
    errors: string[];
  }
}

/** Frames that a head has told of since the last call. */
const told = (page: Page, id: string) => page.evaluate((name) => window.heard[name]?.splice(0) ?? [], id);

/** Resolves with the next that a head tells of itself. */
async function tells(page: Page, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await told(page, id);
    await page.waitForFunction((name) => (window.heard[name]?.length ?? 0) > 0, id);
  }
}

/** How much of a head's canvas is painted: mean opacity, 0 to 1. */
const painted = (page: Page, id: string) =>
  page.evaluate((name) => {
    const canvas = document.querySelector(`#${name}`)?.shadowRoot?.querySelector("canvas");
    const context = new OffscreenCanvas(8, 8).getContext("2d");
    if (!canvas || !context) return 0;
    context.drawImage(canvas, 0, 0, 8, 8);
    const { data } = context.getImageData(0, 0, 8, 8);
    return data.filter((_, i) => i % 4 === 3).reduce((sum, alpha) => sum + alpha, 0) / 64 / 255;
  }, id);

test("heads share a device, and when it is lost mid-sentence both go on, sound and lips too", async ({
  page,
}) => {
  await spyOnRendering(page);
  await page.goto("/?renderer=webgpu");
  await state(page, "idle");
  const devices = () => rendering(page).evaluate(() => spied.devices.length);
  const objects = () => rendering(page).evaluate(() => spied.gpuObjects.size);
  const alone = await objects();
  expect(await addHead(page, "second", { renderer: "webgpu" })).toBe("idle");
  expect(await addHead(page, "broken", { src: "/nowhere/", renderer: "webgpu" })).toBe("failed");
  expect(await devices(), "one device for all").toBe(1);
  expect(await objects()).toBeGreaterThan(alone);
  await listen(page);
  await tells(page, "head", "second");

  // A minute of speech: two heads in software take their time.
  const sentence = await decode(page, voice, 16000);
  const speech = new Float32Array(8 * sentence.length);
  for (let i = 0; i < 8; i++) speech.set(sentence, i * sentence.length);
  await page
    .locator("#file")
    .setInputFiles({ name: "speech.wav", mimeType: "audio/wav", buffer: wav(speech, 16000) });
  await state(page, "playing");
  await page.waitForFunction(() => (window.heard["head"]?.at(-1)?.displayedTime ?? null) !== null);
  const time = () => page.evaluate(() => document.querySelector<LipSplatElement>("#head")?.currentTime ?? 0);
  const before = await time();
  await rendering(page).evaluate(() => spied.devices[0]?.destroy());
  const emptied: number[] = [];
  await expect(async () => {
    emptied.push(await painted(page, "head"), await painted(page, "second"));
    expect(await page.evaluate(() => window.errors.toSorted())).toEqual([
      "head device-lost",
      "second device-lost",
    ]);
    expect(await devices()).toBe(2);
  }).toPass({ intervals: [100] });
  // What was drawn on the lost device may still be told.
  await tells(page, "head", "second");
  await tells(page, "head", "second");
  emptied.push(await painted(page, "head"), await painted(page, "second"));
  expect(Math.min(...emptied), "the canvas is never empty").toBe(1);
  expect(await page.evaluate(() => document.querySelector<LipSplatElement>("#head")?.state)).toBe("playing");
  expect(await time(), "the sound goes on").toBeGreaterThan(before);
  await page.waitForFunction(
    (earlier) =>
      window.heard["head"]?.some(
        ({ renderer, displayedTime }) => renderer === "webgpu" && (displayedTime ?? 0) > earlier + 1,
      ),
    before,
  );

  await page.evaluate(() => {
    document.querySelector("#second")?.remove();
    document.querySelector("#broken")?.remove();
  });
  await expect.poll(objects, "a head that goes gives back what it held").toBe(alone);
  await tells(page, "head");
});

test("a head that is taken away while its device returns gives back what it held", async ({ page }) => {
  test.slow();
  await spyOnRendering(page);
  await page.goto("/?renderer=webgpu");
  await state(page, "idle");
  const devices = () => rendering(page).evaluate(() => spied.devices.length);
  const objects = () => rendering(page).evaluate(() => spied.gpuObjects.size);
  await listen(page);
  await tells(page, "head");
  const alone = await objects();
  // At once, while the device is asked for, while the picture is built, while its first frame is drawn.
  for (const [i, wait] of [0, 30, 200, 1000].entries()) {
    await addHead(page, "second", { renderer: "webgpu" });
    await rendering(page).evaluate((index) => spied.devices[index]?.destroy(), i);
    await page.waitForTimeout(wait);
    await page.evaluate(() => document.querySelector("#second")?.remove());
    await expect.poll(devices).toBe(i + 2);
    await expect.poll(objects, `${wait} ms after the loss`).toBe(alone);
    await tells(page, "head");
  }
});
