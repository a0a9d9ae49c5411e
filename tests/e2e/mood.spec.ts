import { expect, type Page, test } from "@playwright/test";
import { playsOn, state } from "./page";

/** Brows and forehead of the default avatar in its 512 × 512 picture. */
const BROWS = { x: 180, y: 145, width: 170, height: 45 };

/**
 * The mean picture of the live brows over 2 s and ten frames at least, once the head has settled, which takes it some
 * frames: blinks and glances are lost in it.
 */
async function brows(page: Page): Promise<number[]> {
  return page.evaluate(async ({ x, y, width, height }) => {
    const canvas = document.querySelector("lip-splat")?.shadowRoot?.querySelector("canvas");
    const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!canvas || !pen) throw new Error("no picture");
    const pictures: Uint8ClampedArray[] = [];
    const looks = new Set<string>();
    const settled = 20;
    for (const start = performance.now(); performance.now() - start < 3000 || looks.size < settled + 10; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      pen.drawImage(canvas, -x, -y, 512, 512);
      const { data } = pen.getImageData(0, 0, width, height);
      looks.add(data.join());
      if (looks.size > settled && performance.now() - start > 1000) pictures.push(data);
    }
    const mean = (i: number) => pictures.reduce((sum, data) => sum + (data[i] ?? 0), 0) / pictures.length;
    return Array.from({ length: width * height }, (_, i) => mean(4 * i + 1));
  }, BROWS);
}

const difference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

test("a mood is picked by keyboard and changes the face; it is switched off with the generator", async ({
  page,
}) => {
  // The head stands, so that brows can be compared.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/?renderer=cpu");
  await state(page, "idle");
  const neutral = [await brows(page), await brows(page)] as const;

  await page.getByRole("button", { name: "Mood" }).press("Enter");
  await expect(page.getByRole("radio", { name: "Neutral" })).toBeChecked();
  await page.getByRole("radio", { name: "Neutral" }).press("ArrowLeft");
  await expect(page.getByRole("radio", { name: "Surprised" })).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Mood: surprised" })).toBeFocused();
  expect(await page.evaluate(() => document.querySelector("lip-splat")?.mood)).toBe("surprised");
  // The picker follows a script, and the attribute.
  await page.evaluate(() => document.querySelector("lip-splat")?.setMood("sad"));
  await expect(page.locator("#moods input[value=sad]")).toBeChecked();
  await page.evaluate(() => document.querySelector("lip-splat")?.setAttribute("mood", "surprised"));
  await expect(page.locator("#moods input[value=surprised]")).toBeChecked();
  await expect(page.getByRole("button", { name: "Mood: surprised" })).toBeVisible();
  const surprised = await brows(page);

  await page.getByRole("button", { name: "Figures" }).press("Enter");
  await page.getByRole("checkbox", { name: "Expression by the voice" }).press("Space");
  const captured = await brows(page);

  const own = difference(...neutral);
  console.log(
    `brows: neutral against itself ${own.toFixed(2)}, surprised ${difference(neutral[0], surprised).toFixed(2)}, ` +
      `the captured face against surprised ${difference(captured, surprised).toFixed(2)} levels`,
  );
  expect(difference(neutral[0], surprised)).toBeGreaterThan(2 * own + 1);
  expect(difference(captured, surprised)).toBeGreaterThan(1);
});

test("the element takes moods and switches, before the head lives and after, and refuses what it does not know", async ({
  page,
}) => {
  await page.goto("/");
  const told = await page.evaluate(async () => {
    await customElements.whenDefined("lip-splat");
    const head = document.querySelector("lip-splat");
    if (!head) throw new Error("no head");
    const message = (work: () => void) => {
      try {
        work();
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    head.setMood("sad", { blendMs: 100 });
    head.modules = { codec: false };
    return {
      mood: [head.mood, head.getAttribute("mood")],
      modules: head.modules,
      wrong: [
        message(() => head.setMood("angry" as never)),
        message(() => head.setMood("happy", { blendMs: Number.NaN })),
        message(() => {
          head.modules = { codec: "no" } as never;
        }),
        message(() => {
          head.modules = { smile: true } as never;
        }),
      ],
    };
  });
  expect(told.mood).toEqual(["sad", "sad"]);
  expect(told.modules).toEqual({ generator: true, codec: false, restorer: true });
  expect(told.wrong[0]).toContain('no mood "angry"; there are neutral, happy');
  expect(told.wrong[1]).toContain("blendMs");
  expect(told.wrong[2]).toContain("modules.codec is true or false, not no");
  expect(told.wrong[3]).toContain("no modules.smile");
  await state(page, "idle");
  expect(await page.evaluate(() => document.querySelector("lip-splat")?.player?.modules.codec)).toBe(false);
});

test("a speech model without cues and an avatar without a codec make a head that lives, speaks and has moods", async ({
  page,
}) => {
  for (const [name, entries] of [
    ["speech.json", ["cues"]],
    ["avatar.json", ["codec", "restorer"]],
  ] as const) {
    await page.route(`**/${name}`, async (route) => {
      const json = await (await route.fetch()).json();
      for (const entry of entries) {
        delete json[entry];
        if (json.files) delete json.files[entry];
      }
      await route.fulfill({ json });
    });
  }
  await page.goto("/");
  await state(page, "idle");
  await page.evaluate(() => {
    window.failures = [];
    document
      .querySelector("lip-splat")
      ?.addEventListener("error", ({ message }) => window.failures.push(message));
  });
  await page.getByRole("button", { name: "Mood" }).click();
  await page.getByRole("radio", { name: "Happy" }).check();
  await page.keyboard.press("Escape");
  await playsOn(page);
  await page.getByRole("button", { name: "Figures" }).click();
  await expect(page.getByRole("checkbox", { name: "Expression by the voice" })).toBeEnabled();
  await expect(page.getByRole("checkbox", { name: "Held to this face" })).toBeDisabled();
  expect(await page.evaluate(() => window.failures)).toEqual([]);
});

declare global {
  interface Window {
    failures: string[];
  }
}
