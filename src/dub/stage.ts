import type { Avatar } from "../avatar/load";
import type { RestorerWeights } from "../avatar/restorer-weights";
import type { Conditions } from "../motion/conditions";
import { LipsplatError } from "../player/errors";
import type { Background } from "../render/background";
import type { RendererWish } from "../render/choose-picture";
import { createLiveHead } from "../render/live-head";
import { createSharedGpu } from "../render/shared-gpu";
import { createTorsoSource } from "../render/torso-source";

/** Draws frames one by one, each exact, however long it takes. */
export interface DubStage {
  /** The canvas that holds the frame until the next one is drawn. */
  draw(conditions: Conditions): Promise<OffscreenCanvas>;
}

/**
 * @param size of the frames; the head is drawn at the bundle's own and scaled.
 * @throws LipsplatError `no-matte`, `bad-option` where the background cannot be had.
 */
export async function createDubStage(
  avatar: Avatar,
  wish: RendererWish,
  size: { readonly width: number; readonly height: number },
  first: Conditions,
  background: Background,
  restorer: RestorerWeights | undefined,
): Promise<DubStage> {
  const { canvas: own } = avatar.manifest;
  const torso = await createTorsoSource(avatar, () => undefined);
  await torso.setBackground(background);
  const gpus = createSharedGpu();
  let canvas = new OffscreenCanvas(own.width, own.height);
  /** Resolves when a lost device has its successor. */
  let back = Promise.withResolvers<void>();
  const live = await createLiveHead(
    {
      avatar,
      torso: Promise.resolve(torso),
      wish,
      gpus,
      restorer,
      restoring: () => true,
      report: () => undefined,
      async freshCanvas() {
        canvas = new OffscreenCanvas(own.width, own.height);
        return canvas;
      },
      onBuilt: () => undefined,
      onLost() {},
      onBack() {
        back.resolve();
        back = Promise.withResolvers();
      },
      onFailure: (cause) =>
        back.reject(new LipsplatError("export-failed", `a frame cannot be drawn (${cause}).`)),
    },
    canvas,
    wish === "cpu" ? undefined : await gpus.take(),
    first,
  );
  back.promise.catch(() => undefined);
  const scaled = size.width === own.width && size.height === own.height ? undefined : createScaled(size);

  return {
    async draw(conditions) {
      // A live head shows what torso is at hand; here every frame has its own.
      await torso.ready(conditions.torsoFrame);
      const returned = back.promise;
      try {
        await live.show(conditions);
      } catch {
        await returned;
        await live.show(conditions);
      }
      return scaled ? scaled(canvas) : canvas;
    },
  };
}

function createScaled({ width, height }: { readonly width: number; readonly height: number }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("the canvas gave no 2D context");
  context.imageSmoothingQuality = "high";
  context.globalCompositeOperation = "copy";
  return (source: OffscreenCanvas) => {
    context.drawImage(source, 0, 0, width, height);
    return canvas;
  };
}
