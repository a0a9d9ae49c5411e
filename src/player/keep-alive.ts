import { LipsplatError } from "./errors";

/** A worker that dies is started again this often. */
const MAX_RESTARTS = 1;

export interface KeepAlive<Part> {
  /** The part that lives now. */
  readonly part: Part;
  /** Resolves when no restart is under way. */
  readonly settled: Promise<void>;
  /** Lets it rest: what dies from now on stays dead. */
  release(): void;
}

interface Care<Part> {
  /** Starts the part; it calls `onDeath` once if it dies later. A death while starting rejects with `worker-died`. */
  start(onDeath: (error: LipsplatError) => void): Promise<Part>;
  /** Before each new start, told what happened. */
  onDeath(error: LipsplatError): void;
  /** The new part lives. */
  onRestart(): Promise<void>;
  /** It died once too often, or could not be started again. */
  onFailed(error: LipsplatError): void;
}

/** Starts a part and, once, starts it again where it dies; rejects where the first start fails. */
export async function keepAlive<Part>(care: Care<Part>): Promise<KeepAlive<Part>> {
  let restarts = 0;
  let settled = Promise.resolve();
  let released = false;

  async function attempt(): Promise<Part> {
    let alive = false;
    try {
      const part = await care.start((error) => {
        if (alive) settled = restart(error);
      });
      alive = true;
      return part;
    } catch (error) {
      const died = error instanceof LipsplatError && error.code === "worker-died";
      if (!died || released || restarts++ >= MAX_RESTARTS) throw error;
      care.onDeath(error);
      return attempt();
    }
  }

  async function restart(error: LipsplatError): Promise<void> {
    if (released) return;
    if (restarts++ >= MAX_RESTARTS) return care.onFailed(error);
    care.onDeath(error);
    try {
      part = await attempt();
      await care.onRestart();
    } catch (cause) {
      if (!released) care.onFailed(cause instanceof LipsplatError ? cause : error);
    }
  }

  let part = await attempt();
  return {
    get part() {
      return part;
    },
    get settled() {
      return settled;
    },
    release() {
      released = true;
    },
  };
}
