import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { chromium, expect, type Page, test } from "@playwright/test";
import { open, state } from "./page";

const samples = fileURLToPath(new URL("../../public/samples/", import.meta.url));
const avatar = fileURLToPath(new URL("../../public/models/default/", import.meta.url));
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const time = (page: Page) => page.evaluate(() => document.querySelector("lip-splat")?.currentTime ?? 0);

let page: Page;
test.beforeAll(async ({ browser }) => {
  page = await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[])
        if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await open(page);
});
test.afterAll(() => page.close());

declare global {
  interface Window {
    shifted: number;
  }
}

/** Nothing that axe finds serious or critical; in the dark the same markup has other colours. */
async function accessible(where: Page, what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await where.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const axe = new AxeBuilder({ page: where }).setLegacyMode(true);
    if (colorScheme === "dark") axe.withRules("color-contrast");
    const { violations } = await axe.analyze();
    const found = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
    expect(found, `${what}, ${colorScheme}`).toEqual([]);
  }
}

test("at rest it is whole and readable from a small phone to a wide screen", async () => {
  for (const width of [320, 360, 768, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(beyond, `pixels beyond ${width}`).toBeLessThanOrEqual(0);
    if (width === 360 || width === 1440) await accessible(page, `at rest, ${width} px`);
  }
  await page.setViewportSize({ width: 1000, height: 720 });
});

test("what opens is reached by keyboard, closes by Escape, and gives the keyboard its place back", async () => {
  for (const name of ["All samples", "Captions", "Microphone options", "Mood", "Picture"]) {
    await button(page, name).focus();
    await page.keyboard.press("Enter");
    const popover = page.locator("[popover]:popover-open");
    await expect(popover).toHaveCount(1);
    await accessible(page, name);
    await page.keyboard.press("Tab");
    expect(await popover.evaluate((element) => element.contains(document.activeElement)), name).toBe(true);
    await page.keyboard.press("Escape");
    await expect(popover).toHaveCount(0);
    await expect(button(page, name)).toBeFocused();
  }
  for (const name of ["Avatars", "Embed", "Share"]) {
    await button(page, name).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name })).toBeVisible();
    await accessible(page, name);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(button(page, name)).toBeFocused();
  }
});

test("a sound and its captions, dropped together: an outline to seek in, words under the face", async ({
  browserName: _,
}, info) => {
  const srt = info.outputPath("greeting.srt");
  writeFileSync(
    srt,
    "1\n00:00:00,000 --> 00:00:07,000\nFirst <i>words</i>\n\n2\n00:00:07,000 --> 00:00:16,000\nLast words\n",
  );
  const empty = await outline();
  await page.locator("#file").setInputFiles([`${samples}greeting.mp3`, srt]);
  await state(page, "playing");
  await button(page, "Pause").click();
  await state(page, "paused");
  await expect.poll(outline, "ink of the outline").toBeGreaterThan(3 * empty);

  const slider = page.getByRole("slider", { name: "Position" });
  const box = await slider.boundingBox();
  if (!box) throw new Error("no slider");
  for (const [share, words] of [
    [0.75, "Last words"],
    [0.25, "First words"],
  ] as const) {
    await page.mouse.click(box.x + share * box.width, box.y + box.height / 2);
    // The slider's thumb has a width, too.
    expect(Math.abs((await time(page)) - share * 15.45)).toBeLessThan(0.2);
    await expect(page.locator("#captions")).toHaveText(words);
  }
  await accessible(page, "paused, with captions");
  const before = await time(page);
  await slider.press("ArrowRight");
  expect(await time(page)).toBeCloseTo(before + 2, 1);
  await expect(slider).toHaveAttribute("aria-valuetext", "0:05 of 0:15");
  await expect(page.locator("#time")).toHaveText("0:05 / 0:15");

  await button(page, "Mute").click();
  expect(await page.evaluate(() => document.querySelector("lip-splat")?.muted)).toBe(true);
  await button(page, "Mute").click();
  await expect(page.locator("#video-wish")).toContainText("captions");
  await button(page, "Stop").click();
  await state(page, "idle");
  await expect(page.locator("#captions")).toBeHidden();
});

test("while it speaks, while a video is saved and while its format is chosen nothing keeps anyone out", async () => {
  await page.locator("#file").setInputFiles(`${samples}reading.mp3`);
  await state(page, "playing");
  await accessible(page, "playing");
  // On a slow machine the sound has ended by now, and nothing is left to press.
  await page.keyboard.press("Escape");
  await state(page, "idle");

  // The system's own dialog is none that a test can answer.
  await page.evaluate(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await button(page, "Save video").click();
  await expect(button(page, "Cancel saving the video")).toBeVisible();
  await accessible(page, "saving");
  if (await button(page, "Cancel saving the video").isVisible())
    await button(page, "Cancel saving the video").click();
  await expect(button(page, "Save video")).toBeVisible();

  await page.locator("#video-open").focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#video:popover-open")).toHaveCount(1);
  await accessible(page, "format of the video");
  await page.keyboard.press("Escape");
  await expect(page.locator("#video-open")).toBeFocused();
});

test("the figures tell how fast and by what, and nothing on the page has moved by itself", async () => {
  await button(page, "Figures").click();
  await expect(page.locator("#figures dd").first()).toHaveText(/\d/);
  await expect(page.locator("#figures")).toContainText(/WASM|WebGPU/);
  await accessible(page, "figures");
  await button(page, "Figures").click();
  expect(await page.evaluate(() => window.shifted), "cumulative layout shift").toBeLessThan(0.01);
});

test("where reduced motion is preferred nothing on the page is animated", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await button(page, "Share").click();
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  await page.keyboard.press("Escape");
});

test("nothing, a colour or an image stands behind the person", async () => {
  await button(page, "Picture").click();
  const corner = () =>
    page.evaluate(async () => {
      const canvas = document.querySelector("lip-splat")?.shadowRoot?.querySelector("canvas");
      const sheet = new OffscreenCanvas(8, 8).getContext("2d");
      if (!canvas || !sheet) return [];
      sheet.drawImage(canvas, 0, 0, 8, 8, 0, 0, 8, 8);
      return [...sheet.getImageData(2, 2, 1, 1).data];
    });
  await page.getByRole("radio", { name: "None" }).check({ force: true });
  await expect.poll(async () => (await corner())[3]).toBeLessThan(30);
  await page.getByRole("radio", { name: "Colour" }).check({ force: true });
  await page.getByLabel("Colour", { exact: true }).last().fill("#ff0000");
  await expect
    .poll(async () => (await corner()).map((value) => Math.round(value / 64)))
    .toEqual([4, 0, 0, 4]);
  await accessible(page, "background");
  await page.getByRole("radio", { name: "As filmed" }).check({ force: true });
  await expect.poll(async () => (await corner())[2]).toBeGreaterThan(60);
  await page.keyboard.press("Escape");
});

test("another head: its bytes are told before they come, and what is none is refused", async ({
  browserName: _,
}, info) => {
  await button(page, "Avatars").click();
  await page.getByLabel("Address of an avatar").fill("/models/nobody/");
  await page.keyboard.press("Enter");
  await expect(page.locator(".refused")).toContainText("could not be fetched");
  await accessible(page, "an avatar that is not there");
  const file = info.outputPath("other.lipsplat");
  writeFileSync(file, pack("Someone else"));
  await page.locator("#avatar-file").setInputFiles(file);
  await expect(page.locator(".found")).toContainText("Someone else");
  await expect(page.locator(".found")).toContainText(/\d+\.\d MB, from this machine: nothing is downloaded/);
  await accessible(page, "an avatar that was found");
  await button(page, "Show this head").click();
  await state(page, "idle");
  await expect(page.locator("#disclosure")).not.toContainText("Nobody was filmed");
  await button(page, "Share").click();
  await expect(page.locator("#share-body")).toContainText("send the .lipsplat file itself");
  await page.keyboard.press("Escape");
  await button(page, "Avatars").click();
  await button(page, "The default avatar").click();
  await state(page, "idle");
  await expect(page.locator("#disclosure")).toContainText("Nobody was filmed");
});

test("a link brings a head along, which is shown when its viewer agrees; code to embed it is copied", async () => {
  const link = new URL("/?avatar=/models/default", page.url()).href;
  await page.goto(link);
  await expect(page.getByRole("dialog", { name: "Avatars" })).toContainText(/\d+\.\d MB/);
  await page.keyboard.press("Escape");
  await button(page, "Embed").click();
  await button(page, "Copy the frame's code").click();
  const code = await page.evaluate(() => navigator.clipboard.readText());
  expect(code).toContain('allow="microphone');
  const source = /src="([^"]*)"/.exec(code)?.[1] ?? "";
  expect((await page.request.get(source)).status()).toBe(200);
  await page.keyboard.press("Escape");
});

test("a live microphone is plain to see: badge, title, level; and it is asked for as its options say", async ({
  baseURL,
  launchOptions,
}) => {
  const talking = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), "--use-fake-device-for-media-stream"],
  });
  try {
    const context = await talking.newContext({
      ...(baseURL ? { baseURL } : {}),
      permissions: ["microphone"],
      // No colour is looked at on its way to another.
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    await open(page);
    const echo = () =>
      page.evaluate(
        () =>
          document.querySelector("lip-splat")?.microphone?.getAudioTracks()[0]?.getSettings()
            .echoCancellation,
      );
    await button(page, "Microphone options").click();
    await page.getByRole("checkbox", { name: "Cancel echo" }).uncheck();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Talk" }).click();
    await state(page, "listening");
    await expect(page.locator("#live")).toBeVisible();
    await expect(page).toHaveTitle(/Listening/);
    expect(await echo()).toBe(false);
    const meter = page.getByRole("meter", { name: "Microphone level" });
    await expect.poll(async () => Number(await meter.getAttribute("aria-valuenow"))).toBeGreaterThan(5);
    await accessible(page, "listening");

    await button(page, "Microphone options").click();
    await expect.poll(() => page.locator("#device option").count()).toBeGreaterThan(1);
    await page.getByRole("checkbox", { name: "Cancel echo" }).check();
    await expect.poll(echo).toBe(true);
    await page.keyboard.press("Escape");
    expect(
      await page.evaluate(() => document.querySelector("lip-splat")?.state),
      "Escape closed the options only",
    ).toBe("listening");
    await page.keyboard.press("Escape");
    await state(page, "idle");
    await expect(page.locator("#live")).toBeHidden();
    await expect(page).not.toHaveTitle(/Listening/);
  } finally {
    await talking.close();
  }
});

/** How much of the outline is painted. */
const outline = () =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("#wave");
    const { data } = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? {
      data: [],
    };
    return [...data].filter((value, i) => i % 4 === 3 && value > 128).length;
  });

/** The default avatar as one `.lipsplat` file, under another name. */
function pack(name: string): Buffer {
  const json = JSON.parse(readFileSync(`${avatar}avatar.json`, "utf8")) as {
    files: Record<string, { path: string }>;
  };
  const manifest = Buffer.from(JSON.stringify({ ...json, name }));
  const head = Buffer.from("lipsplat\0\0\0\0\0\0\0\0");
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(manifest.length, 12);
  return Buffer.concat([
    head,
    manifest,
    ...Object.values(json.files).map(({ path }) => readFileSync(avatar + path)),
  ]);
}
