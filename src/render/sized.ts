import { createExchange } from "./exchange";
import { type Size, scaleSize } from "./scene";

/** What a picture makes for one size. */
interface ForSize {
  readonly size: Size;
  destroy(): void;
}

/** What depends on the size that is drawn; for another it is made anew, beside what is in use. */
export interface Sized<T extends ForSize> {
  /** What is in use. */
  readonly current: T;
  /** What the next frame uses. */
  readonly next: T;
  /** Between frames: what has been made since takes its place. */
  settle(): T;
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
  const exchange = createExchange(await make(full));
  const setScale = (scale: number) => exchange.prepare(() => make(scaleSize(full, scale)));
  return {
    get current() {
      return exchange.current;
    },
    get next() {
      return exchange.next;
    },
    settle: exchange.settle,
    setScale,
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
