import { writeFileSync } from "node:fs";
import { chromium, expect, test } from "@playwright/test";
import { quantile } from "./numbers";
import { open, playsOn, state } from "./page";
import { decode, voice, wav } from "./sound";
import { seen, watch } from "./watch";

test("the microphone moves the mouth, its silence rests it, and unplugging it is told", async ({
  browser,
  baseURL,
  launchOptions,
}, info) => {
  const rate = 48000;
  const silence = 4 * rate;
  const decoder = await browser.newPage();
  await decoder.goto("/icon.svg");
  const speech = await decode(decoder, voice, rate);
  await decoder.close();
  const heard = new Float32Array(speech.length + silence);
  heard.set(speech);
  const file = info.outputPath("microphone.wav");
  writeFileSync(file, wav(heard, rate));

  const talking = await chromium.launch({
    ...launchOptions,
    args: [
      ...(launchOptions.args ?? []),
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${file}`,
    ],
  });
  try {
    const context = await talking.newContext({
      ...(baseURL ? { baseURL } : {}),
      permissions: ["microphone"],
    });
    const page = await context.newPage();
    await open(page);
    await watch(page);
    await page.getByRole("button", { name: "Talk" }).click();
    await state(page, "listening");
    await expect(page.locator("#status")).toHaveText("Listening");
    await seen(page);
    // The fake microphone plays the file in a loop: one whole round holds all of the speech and of the silence.
    const round = heard.length / rate + 1;
    await page.waitForFunction(
      (seconds) => (window.looks.at(-1)?.at ?? 0) - (window.looks[0]?.at ?? 0) > seconds,
      round,
      { timeout: 90_000 },
    );
    const { looks, told } = await seen(page);
    const calm = quietest(
      looks.map(({ at, opening }) => ({ at, opening })),
      2,
    );
    const wide = quantile(
      looks.map((look) => look.opening),
      0.95,
    );
    const latencies = told.flatMap((metrics) => metrics.latencies);
    console.log(
      `mouth ${wide} px wide, ${calm} px in the quietest 2 s; behind the microphone ${(1000 * quantile(latencies, 0.95)).toFixed(0)} ms (95 %)`,
    );
    expect(wide, "the mouth opens with the voice").toBeGreaterThan(calm + 4);
    expect(calm, "and rests in its silence").toBeLessThan(9);
    expect(latencies.length).toBeGreaterThan(0);

    await context.clearPermissions();
    await expect(page.getByRole("alert")).toContainText("The microphone was unplugged or taken away.");
    await playsOn(page);
  } finally {
    await talking.close();
  }
});

test("that there is no microphone is told", async ({ baseURL, launchOptions }) => {
  // Without a fake device, and with none in the machine; allowed unasked.
  const silent = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), "--use-fake-ui-for-media-stream"],
  });
  try {
    const context = await silent.newContext({ ...(baseURL ? { baseURL } : {}), permissions: ["microphone"] });
    const page = await context.newPage();
    await open(page);
    const inputs = await page.evaluate(async () =>
      (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audioinput"),
    );
    test.skip(inputs.length > 0, "this machine has a microphone");
    await page.getByRole("button", { name: "Talk" }).click();
    await expect(page.getByRole("alert")).toContainText("No microphone was found. ");
    await playsOn(page);
  } finally {
    await silent.close();
  }
});

/** Least of the largest openings over `seconds` on end. */
function quietest(looks: readonly { at: number; opening: number }[], seconds: number): number {
  const last = looks.at(-1)?.at ?? 0;
  const starts = looks.filter((look) => look.at + seconds <= last);
  return Math.min(
    ...starts.map(({ at }) =>
      Math.max(
        ...looks.filter((look) => look.at >= at && look.at < at + seconds).map((look) => look.opening),
      ),
    ),
  );
}
