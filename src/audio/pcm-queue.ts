/** What is left of the last sample after each one of silence: running dry makes no click. */
const FADE = 0.97;

/** Pushed sound waiting to be played, in order and without a gap. */
export interface PcmQueue {
  push(samples: Float32Array): void;
  /** `onMark` is told when all before it has been played. */
  mark(id: number): void;
  /** Fills `output`; silence where nothing waits. Allocates nothing. */
  pull(output: Float32Array): void;
  /** Samples that wait. */
  readonly left: number;
}

interface QueueEvents {
  onMark(id: number): void;
  /** It ran dry in the middle: not behind a mark, and not before the first sample. */
  onDry(): void;
}

export function createPcmQueue({ onMark, onDry }: QueueEvents): PcmQueue {
  const waiting: (Float32Array | number)[] = [];
  /** Samples of the first that are played already. */
  let played = 0;
  let last = 0;
  /** More may follow at once. */
  let flowing = false;
  return {
    get left() {
      const lengths = waiting.map((head) => (typeof head === "number" ? 0 : head.length));
      return lengths.reduce((sum, length) => sum + length, 0) - played;
    },
    push(samples) {
      if (samples.length > 0) waiting.push(samples);
    },
    mark: (id) => void waiting.push(id),
    pull(output) {
      let filled = 0;
      for (;;) {
        const head = waiting[0];
        if (typeof head === "number") {
          waiting.shift();
          flowing = false;
          onMark(head);
        } else if (filled === output.length) return;
        else if (head) {
          const length = Math.min(head.length - played, output.length - filled);
          for (let i = 0; i < length; i++) output[filled + i] = head[played + i] ?? 0;
          filled += length;
          played += length;
          flowing = true;
          last = output[filled - 1] ?? 0;
          if (played < head.length) continue;
          waiting.shift();
          played = 0;
        } else {
          if (flowing) onDry();
          flowing = false;
          for (; filled < output.length; filled++) output[filled] = last *= FADE;
          return;
        }
      }
    },
  };
}
