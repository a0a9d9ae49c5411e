import type { Avatar } from "../avatar/load";
import type { RestorerWeights } from "../avatar/restorer-weights";
import type { Conditions } from "../motion/conditions";
import { LipsplatError } from "../player/errors";
import { type Chosen, choosePicture, improve, type RendererWish } from "./choose-picture";
import { createHead, type Head, type StageMs } from "./head";
import type { Picture } from "./picture";
import type { GpuShare, SharedGpu } from "./shared-gpu";
import type { TorsoSource } from "./torso-source";

/** A frame may break before the loss of its device is told: SwiftShader took more than a second. */
const LOSS_NOTICE_MS = 5000;
/** Devices lost before their first frame, after which it is given up. */
const MAX_LOSSES = 3;

export interface LiveHeadOptions {
  readonly avatar: Avatar;
  readonly torso: Promise<TorsoSource>;
  readonly wish: RendererWish;
  readonly gpus: SharedGpu;
  /** The avatar's; may come later. */
  readonly restorer?: RestorerWeights | undefined;
  /** Whether it goes over the next frame. */
  restoring(): boolean;
  /** What the viewer should know. */
  report(error: LipsplatError): void;
  /** A canvas for another device: a canvas keeps to the kind of context it once gave. */
  freshCanvas(): Promise<OffscreenCanvas>;
  /** All is there for the next frame. */
  onBuilt(): void;
  /** A frame broke, or its device is lost: nothing can be shown until `onBack`. */
  onLost(): void;
  /** A fresh canvas shows the head again. */
  onBack(): void;
  /** It will not draw again. */
  onFailure(cause: unknown): void;
}

/** A head that outlives its device. */
export interface LiveHead {
  /** What draws now. */
  readonly head: Head;
  /** Draws on the canvas. Rejects where the frame breaks; `onBack` or `onFailure` tells what becomes of it. */
  show(conditions: Conditions): Promise<StageMs>;
  /** Goes over frames from now on, on this device and the next. */
  setRestorer(weights: RestorerWeights): Promise<void>;
  destroy(): void;
}

/** What one device, or none, draws with. */
interface Drawing {
  readonly head: Head;
  readonly share: GpuShare | undefined;
}

/**
 * Resolves when the first frame is on the canvas.
 * @param found the page's device, asked for ahead.
 */
export async function createLiveHead(
  options: LiveHeadOptions,
  canvas: OffscreenCanvas,
  found: GpuShare | undefined,
  first: Conditions,
): Promise<LiveHead> {
  const { avatar, torso, wish, gpus, report, freshCanvas, onBuilt, onLost, onBack, onFailure } = options;
  let destroyed = false;
  let last = first;
  let { restorer } = options;
  /** Until the device has a successor. */
  let recovery = Promise.resolve();
  /** Ends the frame under way, which on a lost device may never end by itself. */
  let breakOff: (cause: unknown) => void = () => undefined;

  async function build(onto: OffscreenCanvas, share: GpuShare | undefined): Promise<Drawing> {
    let chosen: Chosen | undefined;
    try {
      chosen = await choosePicture(onto, avatar, wish, share?.gpu, report);
      const head = createHead(avatar, chosen.picture, chosen.deform, await torso, options.restoring);
      await restore(chosen.picture, share);
      onBuilt();
      if (chosen.picture.renderer === "webgpu") return { head, share };
      share?.release();
      return { head, share: undefined };
    } catch (cause) {
      free({ ...chosen, share });
      throw cause;
    }
  }

  async function restore(picture: Picture, share: GpuShare | undefined): Promise<void> {
    // There is no time for it on a CPU that plays GPU: a second a frame.
    const slow = picture.renderer === "webgpu" && share?.gpu.software;
    if (restorer && !slow) await picture.setRestorer(restorer);
  }

  /** Builds, and draws the last frame again; on another device where one is lost on the way. */
  async function raise(onto: OffscreenCanvas, found: GpuShare | undefined): Promise<Drawing> {
    for (let losses = 1; ; losses++) {
      if (destroyed) {
        found?.release();
        throw gone();
      }
      const drawing = await build(onto, found);
      void drawing.share?.gpu.device.lost.then(() => breakOff(new Error("the graphics device was lost")));
      try {
        await showWith(drawing.head, last);
        return drawing;
      } catch (cause) {
        const lost = !destroyed && (await isLost(drawing));
        drop(drawing);
        if (!lost || losses === MAX_LOSSES) throw cause;
        onto = await freshCanvas();
        found = await gpus.take();
      }
    }
  }

  function showWith(head: Head, conditions: Conditions): Promise<StageMs> {
    return new Promise((resolve, reject) => {
      breakOff = reject;
      head.show(conditions).then(resolve, reject);
    });
  }

  /** Once the drawing is live: another takes its place where its device is lost. */
  function keep({ head, share }: Drawing): void {
    if (!share) return;
    const { gpu } = share;
    void improve(head, avatar, gpu);
    void gpu.device.lost.then(() => {
      recovery = recover();
    });
  }

  async function recover(): Promise<void> {
    if (destroyed) return;
    onLost();
    report(new LipsplatError("device-lost"));
    drop(now);
    try {
      now = await raise(await freshCanvas(), await gpus.take());
    } catch (cause) {
      if (!destroyed) onFailure(cause);
      return;
    }
    if (destroyed) return drop(now);
    keep(now);
    onBack();
  }

  let now = await raise(canvas, found);
  keep(now);
  return {
    get head() {
      return now.head;
    },
    async show(conditions) {
      last = conditions;
      const drawing = now;
      try {
        return await showWith(drawing.head, conditions);
      } catch (cause) {
        if (destroyed) throw cause;
        onLost();
        void isLost(drawing).then((lost) => {
          if (!lost && !destroyed) onFailure(cause);
        });
        throw cause;
      }
    },
    async setRestorer(weights) {
      restorer = weights;
      await recovery;
      if (!destroyed) await restore(now.head.picture, now.share);
    },
    destroy() {
      destroyed = true;
      breakOff(gone());
      void now.head.between(async () => drop(now));
      void torso.then((source) => source.destroy());
    },
  };
}

const gone = () => new Error("the head is gone");

async function isLost({ share }: Drawing): Promise<boolean> {
  if (!share) return false;
  const notice = new Promise<false>((resolve) => setTimeout(resolve, LOSS_NOTICE_MS, false));
  return Promise.race([share.gpu.device.lost.then(() => true), notice]);
}

const drop = ({ head, share }: Drawing) => free({ picture: head.picture, deform: head.deform, share });

function free({ picture, deform, share }: Partial<Chosen> & Pick<Drawing, "share">): void {
  picture?.destroy();
  share?.release();
  deform?.release().catch((cause: unknown) => console.warn("lipsplat: deform not released", cause));
}
