import { expect, type Page } from "@playwright/test";

/** Resolves when the head on the page is in one of these states. */
export async function state(page: Page, ...states: string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) => wanted.includes(document.querySelector("lip-splat")?.state ?? ""),
    states,
  );
}

/** Opens the page and waits for the living head. */
export async function open(page: Page): Promise<void> {
  await page.goto("/");
  await state(page, "idle");
}

/** The player goes on working: a sample plays, and stops at a press. */
export async function playsOn(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Play a sample" }).click();
  await state(page, "playing");
  await expect(page.locator("#time")).toHaveText(/^0:0[1-9]/);
  await page.getByRole("button", { name: "Stop" }).click();
  await state(page, "idle");
}

/** Drops a file on the page the way the browser does when a person lets go of one. */
export async function drop(page: Page, path: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await cdp.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
  await cdp.detach();
}
