import { expect, type Frame, type Page, test } from "@playwright/test";
import type { LipSplatEmbed } from "../../src/embed/client";
import type { ToPage } from "../../src/embed/protocol";
import { type Host, hostPage } from "./servers";
import { decode, voice } from "./sound";
import { seen, watch } from "./watch";

declare global {
  interface Window {
    connectEmbed: typeof import("../../src/embed/client").connectEmbed;
    embed: LipSplatEmbed;
    /** What the head has said. */
    headSaid: string[];
  }
}

// A microphone that anybody may use whom the frames let.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
    await use({ ...launchOptions, args: [...(launchOptions.args ?? []), ...microphone] });
  },
});

const ALLOW = "microphone; autoplay; fullscreen";
let host: Host;
test.afterEach(() => host.close());

/** Opens a page of another site with the head in a frame. Nothing that a policy forbids may happen meanwhile. */
async function open(page: Page, site: string, { query = "", allow = ALLOW } = {}): Promise<Frame> {
  host = await hostPage(`<!doctype html><title>Another site</title>
    <iframe src="${site}/embed.html${query}" width="400" height="400" allow="${allow}"></iframe>
    <script type="module">
      import { connectEmbed } from "${site}/embed.js";
      window.connectEmbed = connectEmbed;
    </script>`);
  page.on("console", (message) => {
    if (/Content.Security.Policy|violates/i.test(message.text())) forbidden.push(message.text());
  });
  await page.goto(host.origin);
  await page.waitForFunction(() => window.connectEmbed !== undefined);
  const frame = page.frames().find((one) => one.url().includes("/embed.html"));
  if (!frame) throw new Error("no frame");
  return frame;
}
const forbidden: string[] = [];
test.afterEach(() => expect(forbidden.splice(0)).toEqual([]));

/** Leaves the client as `embed`, when the head in the frame lives. */
const connect = (page: Page) =>
  page.evaluate(async () => {
    const iframe = document.querySelector("iframe");
    if (!iframe) throw new Error("no iframe");
    window.embed = await window.connectEmbed(iframe);
    window.headSaid = [];
    for (const name of ["playing", "ended", "speechstart", "timeupdate", "metrics"] as const)
      window.embed.addEventListener(name, () => window.headSaid.push(name));
    window.embed.addEventListener("error", ({ error }) => window.headSaid.push(error.code));
    if (window.embed.readyState === 0)
      await new Promise((resolve) => window.embed.addEventListener("canplay", resolve));
  });

/** The code that `connectEmbed` rejects with. */
const refusal = (page: Page, timeoutMs: number) =>
  page.evaluate(async (timeoutMs) => {
    const iframe = document.querySelector("iframe");
    if (!iframe) throw new Error("no iframe");
    return window.connectEmbed(iframe, { timeoutMs }).then(
      () => "connected",
      ({ code, recoverable, hint }) => `${code} ${recoverable} ${hint.length > 10}`,
    );
  }, timeoutMs);

/** Sends the frame elsewhere, and waits for what is there. */
const go = (page: Page, src: string) =>
  page.evaluate(async (src) => {
    const iframe = document.querySelector("iframe");
    if (!iframe) throw new Error("no iframe");
    const loaded = new Promise((resolve) => iframe.addEventListener("load", resolve, { once: true }));
    iframe.src = src;
    await loaded;
  }, src);

const state = (page: Page, wanted: string) =>
  page.waitForFunction((wanted) => window.embed.state === wanted, wanted);

test("a page of another site drives the head", async ({ page, baseURL }) => {
  test.slow();
  const site = `${baseURL}`;
  const frame = await open(page, site);
  await connect(page);
  expect(await page.evaluate(() => crossOriginIsolated), "the page is no isolated one").toBe(false);
  await watch(frame);

  await test.step("plays a sound", async () => {
    await page.evaluate((url) => window.embed.play(url), `${site}/samples/reading.mp3`);
    await state(page, "playing");
    await page.waitForFunction(() => window.embed.currentTime > 4);
    const { looks } = await seen(frame);
    const openings = looks.map(({ opening }) => opening);
    expect(Math.max(...openings) - Math.min(...openings), "the mouth moves").toBeGreaterThan(3);
    await page.evaluate(() => window.embed.stop());
    await state(page, "idle");
  });

  await test.step("pushes samples, and cuts in", async () => {
    const decoder = await page.context().newPage();
    await decoder.goto("about:blank");
    const speech = await decode(decoder, voice, 24000);
    await decoder.close();
    const left = await page.evaluate(
      (values) => {
        const samples = Float32Array.from(values);
        window.embed.pushAudio(samples, 24000);
        return samples.length;
      },
      Array.from(speech.subarray(0, 24000 * 4)),
    );
    expect(left, "the samples are transferred").toBe(0);
    await state(page, "playing");
    await page.waitForFunction(() => window.embed.currentTime > 0.5);
    await page.evaluate(() => window.embed.interrupt());
    await state(page, "idle");
    await page.evaluate(async () => {
      window.embed.pushAudio(new Int16Array(8000), 16000);
      await window.embed.flush();
    });
    await state(page, "idle");
  });

  await test.step("listens to the microphone", async () => {
    await page.evaluate(() => window.embed.attachMicrophone());
    await state(page, "listening");
    await page.evaluate(() => window.embed.stop());
    await state(page, "idle");
  });

  await test.step("steers the face, and is told what it cannot do", async () => {
    await page.evaluate(() => {
      window.embed.setExpression({ smile: 1 }, 100);
      window.embed.lookAt({ yaw: 0.2, pitch: 0 });
      window.embed.setExpression({ smile: Number.NaN });
    });
    await page.waitForFunction(() => window.headSaid.includes("bad-option"));
    await page.evaluate(() => window.embed.setExpression(null));
  });

  await test.step("saves a video", async () => {
    const video = await page.evaluate(async (url) => {
      const told: number[] = [];
      const onProgress = ({ done }: { done: number }) => told.push(done);
      const { type, size } = await window.embed.exportVideo(url, { onProgress });
      return { type, size, told: told.length };
    }, `${site}/samples/reading.mp3`);
    expect(video.type).toBe("video/mp4");
    expect(video.size).toBeGreaterThan(50_000);
    expect(video.told).toBeGreaterThan(1);
    const cancelled = await page.evaluate((url) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 100);
      return window.embed.exportVideo(url, { signal: stop.signal }).then(
        () => "saved",
        ({ code }) => code,
      );
    }, `${site}/samples/reading.mp3`);
    expect(cancelled).toBe("export-cancelled");
  });

  await test.step("goes on when the frame is loaded anew", async () => {
    const lost = page.evaluate(() => window.embed.flush().catch(({ code }) => code));
    await page.evaluate(() => {
      const iframe = document.querySelector("iframe");
      if (iframe) iframe.src = String(iframe.src);
    });
    expect(["embed-unreachable", undefined]).toContain(await lost);
    await page.waitForFunction(() => window.embed.readyState === 0);
    await page.waitForFunction(() => window.embed.readyState === 4);
  });
});

test("it works in a frame that is not isolated, too", async ({ page, baseURL }) => {
  const site = `${baseURL}`;
  const headers = ["document-isolation-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy"];
  await page.route("**/embed.html*", async (route) => {
    const response = await route.fetch();
    const kept = Object.entries(response.headers()).filter(([name]) => !headers.includes(name));
    await route.fulfill({ response, headers: Object.fromEntries(kept) });
  });
  const frame = await open(page, site, { query: "?controls" });
  await connect(page);
  expect(await frame.evaluate(() => crossOriginIsolated)).toBe(false);
  await page.evaluate((url) => window.embed.play(url), `${site}/samples/reading.mp3`);
  await state(page, "playing");
  await page.waitForFunction(() => window.embed.currentTime > 0.5);
});

test("strangers, newer pages and silent frames are told so", async ({ page, baseURL }) => {
  const site = `${baseURL}`;
  await open(page, site, { query: "?origin=https://friend.example" });
  expect(await refusal(page, 20_000)).toBe("embed-refused false true");

  await page.route("**/embed.html*", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(
      'name="lipsplat-origins" content="*"',
      'name="lipsplat-origins" content="https://friend.example"',
    );
    await route.fulfill({ response, body });
  });
  await go(page, `${site}/embed.html`);
  expect(await refusal(page, 20_000), "the host's own list").toBe("embed-refused false true");
  await page.unroute("**/embed.html*");

  await go(page, `${site}/embed.html?2`);
  const newer = await page.evaluate(async () => {
    const iframe = document.querySelector("iframe");
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise<ToPage>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
    await new Promise<void>((resolve) => {
      window.addEventListener("message", ({ data }) => data.lipsplat === "here" && resolve());
      iframe?.contentWindow?.postMessage({ lipsplat: "ask" }, "*");
    });
    // What makes no sense is not answered.
    for (const nonsense of [null, "hello", { lipsplat: "hello" }, { lipsplat: "hello", version: "1" }])
      iframe?.contentWindow?.postMessage(nonsense, "*");
    iframe?.contentWindow?.postMessage({ lipsplat: "hello", version: 99 }, "*", [port2]);
    return answer;
  });
  expect(newer).toMatchObject({ type: "refused", error: { code: "embed-newer" } });

  await go(page, `${site}/icon.svg`);
  expect(await refusal(page, 1000)).toBe("embed-unreachable true true");
});

test("a frame without permissions says which", async ({ page, baseURL }) => {
  const site = `${baseURL}`;
  await open(page, site, { allow: "autoplay; fullscreen" });
  await connect(page);
  const codes = await page.evaluate(async () => {
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => "done",
        ({ code, message }) => `${code}: ${message}`,
      );
    const seenByPage = await codeOf(window.embed.attachMicrophone());
    // As where a content system has removed it on the way.
    const iframe = document.querySelector("iframe");
    if (iframe) iframe.allow = "microphone; autoplay";
    return { seenByPage, seenByFrame: await codeOf(window.embed.attachMicrophone()) };
  });
  for (const told of Object.values(codes)) expect(told).toMatch(/^frame-forbidden: .*microphone/);
});
