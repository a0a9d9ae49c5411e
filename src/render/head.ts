import type { Avatar } from "../avatar/load";
import type { Conditions } from "../motion/conditions";
import type { Deform } from "./deform";
import type { Picture } from "./picture";
import type { HeadPose } from "./scene";
import type { TorsoSource } from "./torso-source";

/** Milliseconds that a frame spent in each stage. */
export interface StageMs {
  readonly deform: number;
  readonly torso: number;
  readonly draw: number;
}

/** Conditions to pixels, one frame at a time. */
export interface Head {
  picture: Picture;
  deform: Deform;
  /** Draws on the canvas; resolves when the frame is finished. */
  show(conditions: Conditions): Promise<StageMs>;
  /** The same frame into memory, over exactly its torso frame. */
  snapshot(conditions: Conditions): Promise<ImageData>;
  /** Runs `work` between frames. */
  between<T>(work: () => Promise<T>): Promise<T>;
}

/** The head's pose in these conditions. */
export function poseOf({ manifest }: Avatar, { rotation, translation }: Conditions): HeadPose {
  return { rotation, translation, pivot: manifest.pivot };
}

/** @param restoring whether the avatar's restorer, where it has one, goes over the next frame. */
export function createHead(
  avatar: Avatar,
  picture: Picture,
  deform: Deform,
  torso: TorsoSource,
  restoring: () => boolean,
): Head {
  let queue: Promise<unknown> = Promise.resolve();
  /** The frame that the picture holds. */
  let shown: ImageData | undefined;

  function between<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  /** Only before the wall it knows: else a transparent head laid over a colour were not the head before that colour. */
  const restored = () => restoring() && torso.filmed;

  const head: Head = {
    picture,
    deform,
    between,
    show: (conditions) =>
      between(async () => {
        const start = performance.now();
        const { torsoFrame } = conditions;
        // A head is never seen over nothing: its first frame waits, later ones stand over the torso's last.
        const next = torso.get(torsoFrame) ?? (shown ? undefined : await torso.exact(torsoFrame));
        if (next && next !== shown) head.picture.setTorso(next, torso.opaque);
        shown = next ?? shown;
        const uploaded = performance.now();
        const offset = await head.deform.run(conditions);
        const deformed = performance.now();
        await head.picture.draw(offset, poseOf(avatar, conditions), restored());
        return { torso: uploaded - start, deform: deformed - uploaded, draw: performance.now() - deformed };
      }),
    snapshot: (conditions) =>
      between(async () => {
        head.picture.setTorso(await torso.exact(conditions.torsoFrame), torso.opaque);
        shown = undefined;
        const motion = await head.deform.run(conditions);
        return head.picture.read(motion, poseOf(avatar, conditions), restored());
      }),
  };
  return head;
}
