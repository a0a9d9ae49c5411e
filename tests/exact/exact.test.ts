import { afterAll, describe, expect, test } from "vitest";
import { worstOf } from "./likeness";
import { measure, scenesFor } from "./measure";
import { openPainters } from "./painters";
import { hostileScenes, largeScenes } from "./scene";

const painters = await openPainters();
afterAll(() => {
  for (const painter of painters) painter.destroy();
});
const scenes = [...hostileScenes(), ...(await largeScenes())];

describe.each(painters)("$name draws the reference", (painter) => {
  test.each(scenesFor(painter, scenes))("$name", async (scene) => {
    const results = await measure(painter, scene);
    expect(results).toHaveLength(scene.views.length);
    const { db, within3, worst } = worstOf(results);
    if (painter.exact) {
      // 58 dB: a tenth of all values rounded to the other side. Float32 sums and a picture kept in f16 reach 65 dB.
      expect(db).toBeGreaterThanOrEqual(58);
      // But for pixels where splats meet at alpha = 1/255 exactly, or lie at depths a float32 apart.
      expect(within3).toBeGreaterThanOrEqual(0.9999);
    } else {
      // An 8-bit target rounds after every splat, by 0.3/255 rms; as the light fades some five to ten roundings count.
      expect(db).toBeGreaterThanOrEqual(52);
      expect(worst).toBeLessThanOrEqual(6);
    }
  });
});
