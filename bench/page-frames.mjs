// node bench/page-frames.mjs FOLDER: draws the frames of FOLDER/request.json through the page's own player.
// Leaves lip-K.f32 (the page's lip features of sound-K.f32), K-FRAME.png and page.json beside it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAlive, withBuiltPage } from "./site.mjs";

const folder = process.argv[2];
if (!folder) throw new TypeError("give the folder that holds request.json");
const { sounds } = JSON.parse(await readFile(join(folder, "request.json"), "utf8"));

await withBuiltPage(async (page, address) => {
  await openAlive(page, address);
  const renderer = await page.evaluate(() => document.querySelector("lip-splat").player.renderer);
  await writeFile(join(folder, "page.json"), JSON.stringify({ renderer }));
  for (const [k, frames] of sounds.entries()) {
    const pcm = await readFile(join(folder, `sound-${k}.f32`), "base64");
    await writeFile(join(folder, `lip-${k}.f32`), Buffer.from(await page.evaluate(encode, pcm), "base64"));
    for (const frame of frames) {
      const png = await page.evaluate(draw, frame);
      await writeFile(join(folder, `${k}-${frame.frame}.png`), Buffer.from(png, "base64"));
    }
  }
});

// In the page: 16 kHz samples in, features out, as base64 of little-endian float32; kept for `draw`.
async function encode(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const { lip } = await document.querySelector("lip-splat").player.encode(new Float32Array(bytes.buffer));
  globalThis.measuredLip = lip;
  return globalThis.toBase64(new Uint8Array(lip.buffer, lip.byteOffset, lip.byteLength));
}

// In the page: one frame as base64 of a PNG. Frame i takes feature 2i + 1.
async function draw({ frame, expression, rotation, translation, torsoFrame }) {
  const size = 32;
  const j = Math.min(2 * frame + 1, globalThis.measuredLip.length / size - 1);
  const image = await document.querySelector("lip-splat").player.snapshot({
    lip: globalThis.measuredLip.slice(j * size, (j + 1) * size),
    expression: Float32Array.from(expression),
    rotation,
    translation,
    torsoFrame,
  });
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return globalThis.toBase64(new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer()));
}
