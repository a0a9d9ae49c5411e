import type { Avatar } from "../avatar/load";
import { type ErrorRecord, LipsplatError, toRecord } from "../player/errors";
import { createPixelReader } from "./pixels";
import { openTorso, type Torso } from "./torso";

/** The torso under the head, whatever becomes of its video. */
export interface TorsoSource {
  /** Frame `index` if it is at hand. */
  get(index: number): ImageData | undefined;
  /** Resolves when `get` gives frame `index`. */
  ready(index: number): Promise<void>;
  /** Frame `index`, whenever it comes. */
  exact(index: number): Promise<ImageData>;
  destroy(): void;
}

/** The torso video; where it cannot be decoded, the poster stands still in its place, and `report` is told. */
export async function createTorsoSource(
  { manifest, torso: data, poster: fetchPoster }: Avatar,
  report: (error: ErrorRecord) => void,
): Promise<TorsoSource> {
  const { width, height } = manifest.canvas;
  const read = createPixelReader(width, height);
  let video: Torso | undefined;
  let poster: ImageData | undefined;
  let falling: Promise<void> | undefined;

  async function fallBack(): Promise<void> {
    video?.destroy();
    video = undefined;
    report(toRecord(new LipsplatError("torso-undecodable")));
    const bitmap = await createImageBitmap(new Blob([await fetchPoster()]));
    poster = read((context) => context.drawImage(bitmap, 0, 0, width, height));
  }

  try {
    video = await openTorso(data, manifest, () => {
      falling = fallBack();
    });
    // Also finds out at once whether decoding works.
    await video.exact(0);
  } catch {
    await fallBack();
  }

  return {
    get: (index) => video?.get(index) ?? poster,
    async ready(index) {
      await video?.ready(index);
      await falling;
    },
    async exact(index) {
      const picture = (await video?.exact(index)) ?? poster;
      if (!picture) throw new LipsplatError("torso-undecodable");
      return picture;
    },
    destroy: () => video?.destroy(),
  };
}
