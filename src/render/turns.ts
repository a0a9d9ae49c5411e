/** One thread's work in turns, first come first served: pictures on one page do not draw into each other's time. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Milliseconds that all turns finished so far have taken. */
  readonly busyMs: number;
}

export function createTurns(): Turns {
  let queue: Promise<unknown> = Promise.resolve();
  let busyMs = 0;
  return {
    take(work) {
      const turn = queue.then(async () => {
        const start = performance.now();
        try {
          return await work();
        } finally {
          busyMs += performance.now() - start;
        }
      });
      queue = turn.catch(() => undefined);
      return turn;
    },
    get busyMs() {
      return busyMs;
    },
  };
}
