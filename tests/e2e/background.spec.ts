import { expect, type JSHandle, type Page, test } from "@playwright/test";
import type { LipSplatElement } from "../../src/element/lip-splat";
import { state } from "./page";

declare global {
  interface Window {
    stills: Record<string, ImageData>;
  }
}

/** Keeps a still of the head before this background, once its corner is no longer what it was in `last`. */
async function standBefore(page: Page, background: string, last = ""): Promise<void> {
  await page.evaluate(
    async ([background, last]) => {
      const head = document.querySelector("lip-splat");
      const player = head?.player;
      if (!player) throw new Error("no head");
      head.background = background;
      window.stills ??= {};
      const before = window.stills[last]?.data.slice(0, 4);
      for (;;) {
        const still = await player.snapshot({
          lip: new Float32Array(32),
          expression: new Float32Array(13),
          rotation: [0, 0.05, 0],
          translation: [0, 0, 0],
          torsoFrame: 0,
        });
        window.stills[background] = still;
        if (`${still.data.slice(0, 4)}` !== `${before}`) return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    [background, last] as const,
  );
}

const GREEN = "rgb(20 160 60)";

for (const renderer of ["cpu", "webgpu"]) {
  test(`a transparent head laid over a colour is the head before that colour (${renderer})`, async ({
    page,
  }) => {
    await page.goto(`/?renderer=${renderer}`);
    await state(page, "idle");
    await standBefore(page, "avatar");
    await standBefore(page, GREEN, "avatar");
    await standBefore(page, "transparent", GREEN);
    const { opaque, corner, sheer, soft, worst } = await page.evaluate((color) => {
      const { avatar, transparent, [color]: green } = window.stills;
      if (!avatar || !transparent || !green) throw new Error("no stills");
      const alpha = (x: number, y: number) => transparent.data[4 * (y * transparent.width + x) + 3] ?? 0;
      let worst = 0;
      for (let i = 0; i < green.data.length; i++) {
        const share = (transparent.data[i | 3] ?? 0) / 255;
        const under = [20, 160, 60, 255][i % 4] ?? 0;
        const laid = i % 4 === 3 ? 255 : share * (transparent.data[i] ?? 0) + (1 - share) * under;
        worst = Math.max(worst, Math.abs(laid - (green.data[i] ?? 0)));
      }
      return {
        opaque: avatar.data.every((value, i) => i % 4 !== 3 || value === 255),
        corner: [...green.data.slice(0, 4)],
        sheer: { corner: alpha(4, 4), face: alpha(256, 240), chest: alpha(256, 500) },
        soft: Array.from({ length: 256 }, (_, x) => alpha(x, 110)).filter((a) => a > 8 && a < 247).length,
        worst,
      };
    }, GREEN);
    expect(opaque).toBe(true);
    expect(corner).toEqual([20, 160, 60, 255]);
    expect(sheer).toEqual({ corner: 0, face: 255, chest: 255 });
    // Where the hair ends a few pixels are neither.
    expect(soft).toBeGreaterThan(0);
    expect(soft).toBeLessThanOrEqual(12);
    // Rounded to 8 bits before the division by alpha, after it, and in the sum.
    expect(worst).toBeLessThanOrEqual(3);
    expect(await cornerOnScreen(page)).toEqual([255, 0, 255, 255]);
  });
}

/** The page's head once more, asked to stand before nothing, that has yet to be put into the page. */
async function sheerHead(page: Page, by = "its attribute"): Promise<JSHandle<LipSplatElement>> {
  await page.goto("/?renderer=cpu");
  await state(page, "idle");
  return page.evaluateHandle((by) => {
    const head = document.createElement("lip-splat");
    const { src = "", speech = "" } = document.querySelector("lip-splat") ?? {};
    Object.assign(head, { src, speech, renderer: "cpu" });
    if (by === "its attribute") head.background = "transparent";
    else void head.setBackground("transparent");
    head.style.cssText = "position: fixed; inset: 0; width: 300px; height: 300px";
    return head;
  }, by);
}

for (const by of ["its attribute", "setBackground"]) {
  test(`a background asked for at the start by ${by} is in the first frame`, async ({ page }) => {
    const sheer = await sheerHead(page, by);
    const corners = await sheer.evaluate(async (head) => {
      document.body.append(head);
      const context = new OffscreenCanvas(512, 512).getContext("2d", { willReadFrequently: true });
      if (!context) throw new Error("no context");
      const alpha = (x: number, y: number) => context.getImageData(x, y, 1, 1).data[3];
      const corners = [];
      while (corners.length < 5) {
        await new Promise(requestAnimationFrame);
        const canvas = head.shadowRoot?.querySelector("canvas");
        if (canvas?.width !== 512) continue;
        context.clearRect(0, 0, 512, 512);
        context.drawImage(canvas, 0, 0);
        if (alpha(256, 240) === 255) corners.push(alpha(4, 4));
      }
      return corners;
    });
    expect(corners).toEqual([0, 0, 0, 0, 0]);
  });
}

test("a head without a matte says once that it keeps its own background, and lives", async ({ page }) => {
  await page.route("**/avatar.json", async (route) => {
    const response = await route.fetch();
    const manifest = await response.json();
    delete manifest.files.matte;
    await route.fulfill({ response, json: manifest });
  });
  const sheer = await sheerHead(page);
  const codes = await sheer.evaluate(async (head) => {
    const codes: string[] = [];
    head.addEventListener("error", ({ error }) => codes.push(error.code));
    document.body.append(head);
    // It lives, and has had its say on all that it was told.
    await new Promise((resolve) => head.addEventListener("metrics", resolve));
    return codes;
  });
  expect(codes).toEqual(["no-matte"]);
});

/** What the screen shows near the corner of the head where magenta is behind the canvas. */
async function cornerOnScreen(page: Page): Promise<number[]> {
  const head = page.locator("lip-splat");
  await head.evaluate((element) => {
    element.style.background = "rgb(255 0 255)";
    // Twice: what the worker draws is seen a frame later.
    return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  const { x = 0, y = 0 } = (await head.boundingBox()) ?? {};
  const clip = { x: x + 40, y: y + 40, width: 1, height: 1 };
  const png = (await page.screenshot({ clip })).toString("base64");
  return page.evaluate(async (png) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    return [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
  }, png);
}
