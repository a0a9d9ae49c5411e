import type { Page } from "@playwright/test";
import type { PlayerMetrics } from "../../src/player/player";

/** One look at the canvas. Openings and irises are pixels of the avatar's own 512 × 512 picture. */
export interface Look {
  /** Seconds on the page's clock. */
  readonly at: number;
  /** What the page says it plays, seconds into the sound. */
  readonly time: number;
  readonly state: string;
  /** Deepest dark run between the lips. */
  readonly opening: number;
  /** Iris pixels in sight: none in a blink. */
  readonly iris: number;
  /** Luma of an 8 × 8 picture of the whole canvas. */
  readonly picture: readonly number[];
}

/**
 * Starts to look at the head 20 times a second, and to keep what it tells of itself.
 *
 * Places and colours are those of the default avatar's capture. There, over all its frames, the dark run follows the
 * true lip opening with r = 0.93 (5 px closed, 14 px open), and irises count 188 px or more open, 2 or fewer shut.
 */
export async function watch(page: Pick<Page, "evaluate">): Promise<void> {
  await page.evaluate(() => {
    const size = 512;
    const mouth = { x: 210, y: 258, width: 115, height: 67 };
    const eyes = { x: 175, y: 150, width: 170, height: 85 };
    const head = document.querySelector("lip-splat");
    if (!head) throw new Error("no <lip-splat> on the page");
    const sheet = new OffscreenCanvas(size, size).getContext("2d", { willReadFrequently: true });
    const small = new OffscreenCanvas(8, 8).getContext("2d", { willReadFrequently: true });
    if (!sheet || !small) throw new Error("no 2D canvas");
    const luma = (data: Uint8ClampedArray, i: number) =>
      0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0);

    function look(canvas: HTMLCanvasElement): void {
      if (!sheet || !small || !head) return;
      sheet.drawImage(canvas, 0, 0, size, size);
      const { data: lips } = sheet.getImageData(mouth.x, mouth.y, mouth.width, mouth.height);
      let opening = 0;
      for (let x = 0; x < mouth.width; x++) {
        let dark = 0;
        for (let y = 0; y < mouth.height; y++) if (luma(lips, 4 * (y * mouth.width + x)) < 70) dark++;
        opening = Math.max(opening, dark);
      }
      const { data: gaze } = sheet.getImageData(eyes.x, eyes.y, eyes.width, eyes.height);
      let iris = 0;
      for (let i = 0; i < gaze.length; i += 4) if ((gaze[i + 1] ?? 0) - (gaze[i] ?? 0) > 10) iris++;
      small.drawImage(canvas, 0, 0, 8, 8);
      const { data } = small.getImageData(0, 0, 8, 8);
      const picture = Array.from({ length: 64 }, (_, i) => luma(data, 4 * i));
      const { state, currentTime: time } = head;
      window.looks.push({ at: performance.now() / 1000, time, state, opening, iris, picture });
    }

    window.looks = [];
    window.told = [];
    head.addEventListener("metrics", ({ detail }) => window.told.push(detail));
    const loop = () => {
      const canvas = head.shadowRoot?.querySelector("canvas");
      if (canvas && head.state !== "loading") look(canvas);
      setTimeout(loop, 50);
    };
    loop();
  });
}

/** What was seen and told since the last call. */
export function seen(page: Pick<Page, "evaluate">): Promise<{ looks: Look[]; told: PlayerMetrics[] }> {
  return page.evaluate(() => ({ looks: window.looks.splice(0), told: window.told.splice(0) }));
}

declare global {
  interface Window {
    looks: Look[];
    told: PlayerMetrics[];
  }
}
