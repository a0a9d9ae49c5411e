interface Destroyable {
  destroy(): void;
}

/** One thing in use, another being made to take its place between two frames. */
export interface Exchange<T extends Destroyable> {
  /** What is in use. */
  readonly current: T;
  /** What the next frame uses. */
  readonly next: T;
  /** Between frames: what has been made since takes its place. */
  settle(): T;
  /** Only the latest wish is met. */
  prepare(make: () => Promise<T>): Promise<void>;
  destroy(): void;
}

export function createExchange<T extends Destroyable>(first: T): Exchange<T> {
  let current = first;
  let next: T | undefined;
  let wishes = 0;
  return {
    get current() {
      return current;
    },
    get next() {
      return next ?? current;
    },
    settle() {
      if (next) {
        current.destroy();
        current = next;
        next = undefined;
      }
      return current;
    },
    async prepare(make) {
      const mine = ++wishes;
      const made = await make();
      if (mine !== wishes) return made.destroy();
      next?.destroy();
      next = made;
    },
    destroy() {
      wishes++;
      next?.destroy();
      next = undefined;
      current.destroy();
    },
  };
}
