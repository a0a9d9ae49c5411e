import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { python } from "../../scripts/setup/python.mjs";
import { state } from "./page";

for (const renderer of ["cpu", "webgpu"]) {
  test(`an avatar of one Gaussian is drawn, ${renderer}`, async ({ page }, { outputDir }) => {
    execFileSync(python, [fileURLToPath(new URL("single.py", import.meta.url)), outputDir]);
    await page.route("**/default/*", (route) =>
      route.fulfill({ path: `${outputDir}/${route.request().url().split("/").at(-1)}` }),
    );
    await page.goto(`/?renderer=${renderer}`);
    await state(page, "idle");
    const [red = 0, green = 0, blue = 0] = await page.evaluate(() => {
      const canvas = document.querySelector("lip-splat")?.shadowRoot?.querySelector("canvas");
      const sheet = new OffscreenCanvas(512, 512).getContext("2d");
      if (!canvas || !sheet) throw new Error("no canvas");
      sheet.drawImage(canvas, 0, 0, 512, 512);
      return [...sheet.getImageData(256, 231, 1, 1).data];
    });
    // Its colour is (1.35, 0.5, 0.5), and 0.99 of it covers the torso.
    expect(red).toBeGreaterThan(245);
    expect(Math.abs(green - 127)).toBeLessThan(8);
    expect(Math.abs(blue - 127)).toBeLessThan(8);
  });
}

test("an avatar too large for the graphics card is drawn on the CPU, and the page says so", async ({
  page,
}) => {
  await page.route("**/render.worker-*.js", async (route) => {
    const response = await route.fetch();
    const little =
      'Object.defineProperty(GPUSupportedLimits.prototype, "maxBufferSize", { get: () => 1e6 });';
    await route.fulfill({ response, body: `${little}\n${await response.text()}` });
  });
  await page.goto("/?renderer=webgpu");
  await state(page, "idle");
  await expect(page.locator('[data-code="gpu-too-small"]')).toContainText("too large for this graphics card");
  expect(await page.evaluate(() => document.querySelector("lip-splat")?.player?.renderer)).toBe("cpu");
});
