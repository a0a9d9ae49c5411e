import { expect, test } from "@playwright/test";
import { preview } from "vite";
import { state } from "./page";

test.use({ serviceWorkers: "allow" });

test("after one visit the page speaks without a network", async ({ page, context }) => {
  test.slow();
  const server = await preview({ preview: { port: 0 }, logLevel: "error" });
  const address = server.resolvedUrls?.local[0] ?? "";
  try {
    await page.goto(address);
    await state(page, "idle");
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    // The sample of the visit is there too.
    await page.evaluate(() => fetch("/samples/reading.mp3").then((answer) => answer.arrayBuffer()));
    const installable = await (await context.newCDPSession(page)).send("Page.getInstallabilityErrors");
    // Nothing but the tests' own private window is in the way.
    expect(installable.installabilityErrors.map(({ errorId }) => errorId)).toEqual(["in-incognito"]);
  } finally {
    await server.close();
  }
  await expect(page.request.get(address), "the server is gone").rejects.toThrow();
  await page.reload();
  await state(page, "idle");
  expect(await page.evaluate(() => crossOriginIsolated), "with the headers of the visit").toBe(true);
  await page.evaluate(() => document.querySelector("lip-splat")?.dub("/samples/reading.mp3"));
  await state(page, "playing");
  await page.waitForFunction(() => (document.querySelector("lip-splat")?.currentTime ?? 0) > 0.5);
});
