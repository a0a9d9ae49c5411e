/** How pictures are kept. */
export const WEBP = { type: "image/webp", quality: 0.92 };

/** A renderer with the scene loaded, as the bench drives it. */
export interface Contender {
  /** Moves every Gaussian to that motion and draws; work may still be under way. */
  draw(motion: number): void;
  /** Waits until everything drawn is finished. */
  finish(): Promise<void> | void;
  /** Milliseconds by stage of the latest frame, where the renderer can tell. */
  passes?(): Readonly<Record<string, number>>;
  /** Depth sorts finished so far, where they do not go with the frames. */
  sorts?(): number;
  /** The latest motion drawn, as a picture; called right after `draw`. */
  picture(): Promise<Blob>;
  destroy(): void;
}

export interface Round {
  /** Milliseconds of each frame, from its call to the completion of all it set off. */
  readonly frameMs: readonly number[];
  /** Medians over the frames. */
  readonly passMs: Readonly<Record<string, number>>;
  /** Sorts per frame; null: each frame sorts its own positions. */
  readonly sortsPerFrame: number | null;
}

/** A renderer this slow need not show three frames a round. */
const LONGEST_MS = 6000;

/** Draws for about `milliseconds`, at least three frames, as fast as they finish. */
export async function runRound(contender: Contender, milliseconds: number): Promise<Round> {
  const frameMs: number[] = [];
  const passes = new Map<string, number[]>();
  let sortsBefore = 0;
  let until = Number.POSITIVE_INFINITY;
  let latest = Number.POSITIVE_INFINITY;
  for (let frame = -1; (frame < 3 && performance.now() < latest) || performance.now() < until; frame++) {
    const start = performance.now();
    contender.draw(frame + 1);
    await contender.finish();
    // Sorted orders arrive as messages: taking them in is part of the work.
    await nextTask();
    const end = performance.now();
    // The first frame only warms up.
    if (frame < 0) {
      sortsBefore = contender.sorts?.() ?? 0;
      until = end + milliseconds;
      latest = end + LONGEST_MS;
      continue;
    }
    frameMs.push(end - start);
    for (const [name, ms] of Object.entries(contender.passes?.() ?? {})) {
      passes.set(name, [...(passes.get(name) ?? []), ms]);
    }
  }
  return {
    frameMs,
    passMs: Object.fromEntries([...passes].map(([name, values]) => [name, median(values)])),
    sortsPerFrame: contender.sorts ? (contender.sorts() - sortsBefore) / frameMs.length : null,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

const channel = new MessageChannel();

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}
