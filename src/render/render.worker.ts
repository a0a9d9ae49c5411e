import * as Comlink from "comlink";
import type { Conditions } from "../motion/conditions";
import { exposeWorker } from "../player/rpc";
import type { RendererWish } from "./choose-picture";
import type { Picture } from "./picture";
import { createSharedGpu } from "./shared-gpu";
import { createStage, type Stage, type StagePorts } from "./stage";
import { createTurns } from "./turns";

const backstage = { gpus: createSharedGpu(), turns: createTurns() };
/** By the page's number of each. */
const stages = new Map<number, Promise<Stage>>();

function stageOf(id: number): Promise<Stage> {
  const stage = stages.get(id);
  if (!stage) throw new Error(`there is no stage ${id}`);
  return stage;
}

const api = {
  /** Resolves when the first live frame is on the canvas; a failure leaves the other stages alone. */
  async open(
    id: number,
    canvas: OffscreenCanvas,
    avatarUrl: string,
    wish: RendererWish,
    ports: StagePorts,
  ): Promise<{ renderer: Picture["renderer"]; frameMs: number; consent: string | null }> {
    const stage = createStage(canvas, avatarUrl, wish, ports, backstage);
    stages.set(id, stage);
    const { renderer, frameMs, consent } = await stage;
    return { renderer, frameMs, consent };
  },

  /** Takes lip features from this speech worker from now on. */
  async connect(id: number, lip: MessagePort): Promise<void> {
    (await stageOf(id)).connect(lip);
  },

  async snapshot(id: number, conditions: Conditions): Promise<ImageData> {
    const image = await (await stageOf(id)).snapshot(conditions);
    return Comlink.transfer(image, [image.data.buffer]);
  },

  /** Gives back all that the stage holds. */
  async close(id: number): Promise<void> {
    const stage = stageOf(id);
    stages.delete(id);
    (await stage).destroy();
  },
};

export type RenderApi = typeof api;

exposeWorker(api);
