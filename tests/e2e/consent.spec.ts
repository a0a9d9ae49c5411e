import { expect, test } from "@playwright/test";
import { open, state } from "./page";

test("a head for which nobody has stated consent says so over its picture; one that comes with it does not", async ({
  page,
}) => {
  const told = page.locator("lip-splat").first().getByText("No consent was stated for this face");
  await open(page);
  await expect(told).toBeHidden();
  await page.route("**/avatar.json", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), consent: null } });
  });
  await page.reload();
  await state(page, "idle");
  await expect(told).toBeVisible();
});
