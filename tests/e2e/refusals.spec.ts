import { writeFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { open, playsOn, state } from "./page";
import { wav } from "./sound";

// A microphone is there, and nobody allows it.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({
      ...launchOptions,
      args: [...(launchOptions.args ?? []), "--use-fake-device-for-media-stream"],
    });
  },
});

let page: Page;
test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await open(page);
});
test.afterAll(() => page.close());

const choose = (name: string, buffer: Buffer) =>
  page.locator("#file").setInputFiles({ name, mimeType: "audio/wav", buffer });
const alert = () => page.getByRole("alert");

test("a text is not a sound", async () => {
  await choose("letter.wav", Buffer.from("Dear head, please read this aloud. Yours, a text file."));
  await expect(alert()).toContainText("This file holds no sound that the browser can decode.");
  await expect(alert()).toContainText("Choose a wav, mp3, flac, ogg, m4a or mp4 file.");
  await alert().getByRole("button").click();
  await expect(alert()).toHaveCount(0);
});

test("an empty file holds no sound", async () => {
  await choose("empty.mp3", Buffer.alloc(0));
  await expect(alert()).toContainText("This file holds no sound: it is empty.");
  await alert().getByRole("button").click();
  await expect(alert()).toHaveCount(0);
  await choose("header.wav", wav(new Float32Array(0), 16000));
  await expect(alert()).toContainText("This file holds no sound");
});

test("an hour is too long", async ({ browserName: _ }, info) => {
  const path = info.outputPath("hour.wav");
  writeFileSync(path, wav(new Float32Array(3600 * 8000), 8000));
  await page.locator("#file").setInputFiles(path);
  await expect(alert().filter({ hasText: "15 minutes" })).toContainText("Cut it into shorter pieces");
  await playsOn(page);
  await expect(alert()).toHaveCount(0);
});

test("a file being read can be cancelled", async () => {
  // Never answered: the reading goes on until it is cancelled.
  await page.route("**/samples/*", () => undefined);
  await page.getByRole("button", { name: "Play a sample" }).click();
  await state(page, "decoding");
  await page.getByRole("button", { name: "Cancel" }).click();
  await state(page, "idle");
  await expect(page.locator('[data-code="decode-aborted"]')).toContainText("Reading the file was cancelled.");
  await page.unroute("**/samples/*");
  await playsOn(page);
});

test("a sound that does not come is told", async () => {
  await page.route("**/samples/*", (route) => route.abort());
  await page.getByRole("button", { name: "Play a sample" }).click();
  await expect(alert()).toContainText("The sound could not be fetched");
  await page.unroute("**/samples/*");
  await playsOn(page);
});

test("a refused microphone is told", async () => {
  await page.getByRole("button", { name: "Talk" }).click();
  await expect(alert()).toContainText("The microphone was refused.");
  await expect(alert()).toContainText("Allow the microphone");
});

test("a worker that dies is started again", async () => {
  for (const part of ["speech", "render"]) {
    const worker = page.workers().find((one) => one.url().includes(part));
    expect(worker, `${part} worker`).toBeDefined();
    await worker?.evaluate(() => {
      setTimeout(() => {
        throw new Error("ended by the test");
      });
    });
    await expect(alert().filter({ hasText: part })).toContainText("A part of the player stopped");
    await state(page, "idle");
    await playsOn(page);
  }
});
