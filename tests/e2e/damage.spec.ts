import { expect, test } from "@playwright/test";
import { playsOn, state } from "./page";

const failure = "lip-splat >> [role=alert]";

test("a truncated bundle is told, and trying again mends it", async ({ page }) => {
  // A route that is taken away can break off what else is being fetched: once, encoder.onnx.
  let damaged = true;
  await page.route("**/gaussians.ply", async (route) => {
    if (!damaged) return route.continue();
    const response = await route.fetch();
    return route.fulfill({ response, body: (await response.body()).subarray(0, 100_000) });
  });
  await page.goto("/");
  await state(page, "failed");
  await expect(page.locator(failure)).toContainText("The avatar or speech model is damaged");
  await expect(page.locator(failure)).toContainText("gaussians");
  await expect(page.locator("lip-splat > img"), "the poster stays").toBeVisible();
  damaged = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await state(page, "idle");
  await playsOn(page);
});

test("a broken manifest and a missing one are told", async ({ page }) => {
  await page.route("**/avatar.json", async (route) => {
    const manifest = await (await route.fetch()).json();
    await route.fulfill({ json: { ...manifest, gaussians: -1 } });
  });
  await page.goto("/");
  await state(page, "failed");
  await expect(page.locator(failure)).toContainText("The avatar or speech model is damaged");
  await page.unroute("**/avatar.json");
  await page.route("**/avatar.json", (route) => route.fulfill({ status: 404 }));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.locator(failure)).toContainText("could not be fetched");
});
