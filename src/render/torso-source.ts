import type { Avatar } from "../avatar/load";
import { type ErrorRecord, LipsplatError, toRecord } from "../player/errors";
import type { Backdrop, openBackdrops } from "./backdrop";
import type { Background } from "./background";
import { createPixelReader } from "./pixels";
import { openTorso, type Torso } from "./torso";

/** The torso under the head before the background that is wanted, whatever becomes of its video. */
export interface TorsoSource {
  /** Whether all frames are opaque, until the background changes. */
  readonly opaque: boolean;
  /** Whether the wall behind the person is the one that was filmed, until the background changes. */
  readonly filmed: boolean;
  /**
   * The next frames have this behind the person.
   * @throws LipsplatError `no-matte`, `bad-option`; the last background stays then.
   */
  setBackground(background: Background): Promise<void>;
  /** Frame `index` if it is at hand; the same object for the same picture. */
  get(index: number): ImageData | undefined;
  /** Resolves when `get` gives frame `index`. */
  ready(index: number): Promise<void>;
  /** Frame `index`, whenever it comes. */
  exact(index: number): Promise<ImageData>;
  destroy(): void;
}

/** The torso video; where it cannot be decoded, the poster stands still in its place, and `report` is told. */
export async function createTorsoSource(
  { manifest, torso: data, matte, poster: fetchPoster }: Avatar,
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

  let backdrops: ReturnType<typeof openBackdrops> | undefined;
  let backdrop: Backdrop | undefined;
  let wishes = 0;
  /** The latest frame, as it came and before the backdrop. */
  let cut: readonly [from: ImageData, to: ImageData] | undefined;

  function place(frame: ImageData): ImageData {
    if (!backdrop) return frame;
    if (cut?.[0] !== frame) cut = [frame, backdrop.stand(frame)];
    return cut[1];
  }

  return {
    get opaque() {
      return backdrop?.opaque ?? true;
    },
    get filmed() {
      return backdrop === undefined;
    },
    async setBackground(background) {
      const wish = ++wishes;
      let wanted: Backdrop | undefined;
      if (background !== "avatar") {
        if (!matte) throw new LipsplatError("no-matte");
        backdrops ??= import("./backdrop")
          .then(({ openBackdrops }) => openBackdrops(matte, manifest.canvas))
          .catch((cause: unknown) => {
            backdrops = undefined;
            throw cause;
          });
        wanted = (await backdrops)(background);
      }
      if (wish !== wishes) return;
      backdrop = wanted;
      cut = undefined;
    },
    get(index) {
      const frame = video?.get(index) ?? poster;
      return frame && place(frame);
    },
    async ready(index) {
      await video?.ready(index);
      await falling;
    },
    async exact(index) {
      const picture = (await video?.exact(index)) ?? poster;
      if (!picture) throw new LipsplatError("torso-undecodable");
      return place(picture);
    },
    destroy: () => video?.destroy(),
  };
}
