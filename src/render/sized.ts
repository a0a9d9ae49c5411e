import type { RestorerWeights } from "../avatar/restorer-weights";
import { createExchange } from "./exchange";
import { type Size, scaleSize } from "./scene";

/** What a picture makes for one size. */
interface ForSize {
  readonly size: Size;
  setRestorer(weights: RestorerWeights): Promise<void>;
  destroy(): void;
}

/** What depends on the size that is drawn; for another it is made anew, beside what is in use. */
export interface Sized<T extends ForSize> {
  /** What is in use. */
  readonly current: T;
  /** Between frames: what has been made since takes its place. */
  settle(): T;
  /** What draws at the full size takes it, now and later: its box lies there, and who draws smaller has no time for it. */
  setRestorer(weights: RestorerWeights): Promise<void>;
  /** To this share of the full size as soon as that is prepared. */
  setScale(scale: number): Promise<void>;
  /** Works at the full size, then goes back to the one in use. */
  atFullSize<R>(work: (full: T) => Promise<R>): Promise<R>;
  destroy(): void;
}

export async function createSized<T extends ForSize>(
  full: Size,
  make: (size: Size) => Promise<T>,
): Promise<Sized<T>> {
  let restorer: RestorerWeights | undefined;

  async function restore(made: T): Promise<T> {
    if (restorer && made.size.width === full.width) await made.setRestorer(restorer);
    return made;
  }

  const exchange = createExchange(await make(full));
  const setScale = (scale: number) =>
    exchange.prepare(async () => restore(await make(scaleSize(full, scale))));
  return {
    get current() {
      return exchange.current;
    },
    settle: exchange.settle,
    setScale,
    async setRestorer(weights) {
      restorer = weights;
      await restore(exchange.next);
    },
    async atFullSize(work) {
      const scale = exchange.settle().size.width / full.width;
      if (scale === 1) return work(exchange.current);
      await setScale(1);
      const result = await work(exchange.settle());
      await setScale(scale);
      return result;
    },
    destroy: exchange.destroy,
  };
}
