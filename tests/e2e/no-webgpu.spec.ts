import { expect, test } from "@playwright/test";
import { open, playsOn } from "./page";
import { seen, watch } from "./watch";

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, args: ["--no-sandbox", "--disable-features=WebGPU"] });
  },
});

test("without WebGPU the page says so, and the head lives and plays on", async ({ page }) => {
  await open(page);
  await expect(page.locator('[data-code="no-webgpu"]')).toContainText("This browser offers no WebGPU");
  await watch(page);
  const pictures = new Set<string>();
  await expect(async () => {
    for (const look of (await seen(page)).looks) pictures.add(look.picture.join());
    expect(pictures.size).toBeGreaterThan(5);
  }).toPass({ intervals: [500] });
  expect(await page.evaluate(() => document.querySelector("lip-splat")?.player?.renderer)).toBe("cpu");
  await playsOn(page);
});
