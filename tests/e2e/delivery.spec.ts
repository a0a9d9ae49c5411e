import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { packAvatar } from "../../src/avatar/container";
import { state } from "./page";
import { type Host, proxy } from "./servers";

const folder = new URL("../../public/models/default/", import.meta.url);
const readFile = async (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const pack = async () => {
  const manifest = readFileSync(new URL("avatar.json", folder), "utf8");
  return Buffer.from(await (await packAvatar(manifest, readFile)).arrayBuffer());
};

let host: Host;
test.afterEach(() => host.close());

/** The page's head with another avatar. */
async function show(page: Page, src: string): Promise<void> {
  await page.addInitScript((src) => {
    new MutationObserver((_, observer) => {
      const head = document.querySelector("lip-splat");
      if (!head) return;
      head.setAttribute("src", src);
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  }, src);
  await page.goto(host.origin);
}

const speaks = async (page: Page) => {
  await page.evaluate(() => document.querySelector("lip-splat")?.dub("/samples/reading.mp3"));
  await state(page, "playing");
};

test("a download that breaks in the middle goes on", async ({ page, baseURL }) => {
  const breaks = new Map([
    ["/models/default/deform.onnx", 600_000],
    ["/models/speech/encoder.onnx", 700_000],
  ]);
  host = await proxy(`${baseURL}`, breaks);
  await page.goto(host.origin);
  await state(page, "idle");
  expect(breaks.size, "both were cut").toBe(0);
  for (const path of ["/models/default/deform.onnx", "/models/speech/encoder.onnx"]) {
    const ranges = host.asked.filter((one) => one.path === path).map(({ range }) => range);
    expect(ranges.length, path).toBe(2);
    expect(
      Number(/bytes=(\d+)-/.exec(ranges[1] ?? "")?.[1]),
      "what had come is not fetched again",
    ).toBeGreaterThan(0);
  }
  await speaks(page);
});

test("an avatar in one file comes alive, from a server and from this machine", async ({ page, baseURL }) => {
  const file = await pack();
  host = await proxy(`${baseURL}`, new Map(), new Map([["/some/one.lipsplat", file]]));
  await show(page, "/some/one.lipsplat");
  await state(page, "idle");
  expect(host.asked.some(({ path }) => path.startsWith("/models/default/gaussians"))).toBe(false);
  await speaks(page);

  const refused = await page.evaluate(async (bytes) => {
    const head = document.querySelector("lip-splat");
    const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    const code = (bad: Uint8Array<ArrayBuffer>) =>
      head?.loadAvatar(new File([bad], "a.lipsplat")).then(
        () => "none",
        (error: { code: string }) => error.code,
      );
    const newer = data.slice();
    newer[8] = 2;
    return { short: await code(data.slice(0, -9)), newer: await code(newer), lives: head?.readyState === 4 };
  }, file.toString("base64"));
  expect(refused, "the head that is there stays").toEqual({
    short: "bundle-corrupt",
    newer: "bundle-newer",
    lives: true,
  });

  await page.evaluate(async (bytes) => {
    const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    await document.querySelector("lip-splat")?.loadAvatar(new File([data], "a.lipsplat"));
  }, file.toString("base64"));
  await speaks(page);
});

test("without room on the disk the head comes alive from memory", async ({ page, baseURL }) => {
  host = await proxy(`${baseURL}`, new Map());
  for (const name of ["render", "speech"]) {
    await page.route(`**/${name}.worker-*.js`, async (route) => {
      const response = await route.fetch();
      const full = `Cache.prototype.put = () => Promise.reject(new DOMException("full", "QuotaExceededError"));`;
      await route.fulfill({ response, body: `${full}\n${await response.text()}` });
    });
  }
  await page.goto(host.origin);
  await state(page, "idle");
  await speaks(page);
  const kept = await page.evaluate(
    async () => (await (await caches.open("lipsplat-files-v1")).keys()).length,
  );
  expect(kept).toBe(0);
});
