import { createIntake } from "./intake";
import { createQueue, type Queue, type QueueEvent, type QueueRequest } from "./queue";
import { hear, type Outlet, type Source, START_DELAY } from "./sources";
import type { Count } from "./tally";

/** A sound that is handed over piece by piece, also while its source still opens. */
export interface PushedSound {
  push(samples: Int16Array | Float32Array, rate: number): void;
  /** Resolves when all that was pushed so far has been heard, or when the sound was stopped. */
  flush(): Promise<void>;
  /** Begins to play it. */
  open(outlet: Outlet): Promise<Source>;
  /** What was not played is dropped. */
  stop(): void;
}

interface PushedEvents {
  readonly count: Count;
  /** Calls back when the sound of this context time, and of the delay after it, has been heard. */
  whenHeard(time: number, then: () => void): void;
  /** All has been flushed and heard. */
  onEnd(): void;
}

export function createPushedSound(
  context: AudioContext,
  { count, whenHeard, onEnd }: PushedEvents,
): PushedSound {
  const intake = createIntake(context.sampleRate, count);
  const flushes = new Map<number, { readonly resolve: () => void; readonly pushes: number }>();
  let early: QueueRequest[] = [];
  let queue: Queue | undefined;
  let stopped = false;
  let pushes = 0;
  let marks = 0;
  let send = (request: QueueRequest): void => void early.push(request);

  function give(samples: Float32Array<ArrayBuffer>): void {
    if (samples.length > 0) send({ type: "pcm", samples });
  }

  function onEvent(event: QueueEvent): void {
    if (event.type === "dry") count({ stalls: 1 });
    else if (event.type === "left") count({ dropped: event.samples });
    else whenHeard(event.time, () => onFlushed(event.id));
  }

  function onFlushed(id: number): void {
    const flush = flushes.get(id);
    flushes.delete(id);
    if (flush?.pushes === pushes) onEnd();
    flush?.resolve();
  }

  function stop(): void {
    if (stopped) return;
    stopped = true;
    queue?.destroy();
    for (const { resolve } of flushes.values()) resolve();
    flushes.clear();
    count({ dropped: early.reduce((sum, r) => sum + (r.type === "pcm" ? r.samples.length : 0), 0) });
    early = [];
    send = () => undefined;
  }

  return {
    push(samples, rate) {
      pushes++;
      give(intake.take(samples, rate));
    },
    flush() {
      if (stopped) return Promise.resolve();
      give(intake.end());
      const id = marks++;
      const { promise, resolve } = Promise.withResolvers<void>();
      flushes.set(id, { resolve, pushes });
      send({ type: "mark", id });
      return promise;
    },
    async open(outlet) {
      const opened = await createQueue(context, onEvent);
      if (stopped) opened.destroy();
      queue = opened;
      outlet.tap.begin();
      const cut = hear(opened.node, outlet);
      const since = context.currentTime + START_DELAY;
      opened.send({ type: "start", time: since });
      for (const request of early) opened.send(request);
      early = [];
      send = opened.send;
      return {
        duration: Number.POSITIVE_INFINITY,
        get rate() {
          return intake.rate;
        },
        startTime: since,
        since,
        delay: outlet.delay,
        stop() {
          cut();
          stop();
        },
      };
    },
    stop,
  };
}
