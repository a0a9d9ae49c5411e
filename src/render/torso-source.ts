import type { Avatar } from "../avatar/load";
import { type ErrorRecord, LipsplatError, toRecord } from "../player/errors";
import type { TorsoPicture } from "./picture";
import { openTorso, type Torso } from "./torso";

/** The torso under the head, whatever becomes of its video. */
export interface TorsoSource {
  get(index: number): TorsoPicture | undefined;
  /** The caller closes it if it is a VideoFrame. */
  exact(index: number): Promise<TorsoPicture>;
}

/** The torso video; where it cannot be decoded, the poster stands still in its place, and `report` is told. */
export async function createTorsoSource(
  { manifest, base, torso: data }: Avatar,
  report: (error: ErrorRecord) => void,
): Promise<TorsoSource> {
  let video: Torso | undefined;
  let poster: ImageBitmap | undefined;

  async function fallBack(): Promise<void> {
    video = undefined;
    report(toRecord(new LipsplatError("torso-undecodable")));
    const response = await fetch(new URL(manifest.files.poster.path, base));
    poster = await createImageBitmap(await response.blob());
  }

  try {
    video = await openTorso(data, manifest.frames, manifest.fps, () => void fallBack());
    // Also finds out at once whether decoding works.
    (await video.exact(0)).close();
  } catch {
    await fallBack();
  }

  return {
    get: (index) => video?.get(index) ?? poster,
    async exact(index) {
      const picture = (await video?.exact(index)) ?? poster;
      if (!picture) throw new LipsplatError("torso-undecodable");
      return picture;
    },
  };
}
