import type { OnPcm, PcmReader, PcmWriter } from "./pcm-ring";

/** Samples in a block: one hop of the encoder. */
const BLOCK = 320;
/** A second of blocks: the reader gives each back when it has read it. */
const POOL = 50;

/** Worklet → speech worker where shared memory is not to be had. */
export interface PcmBlock {
  run: number;
  startTime: number;
  first: number;
  buffer: ArrayBuffer;
}

/** Writes to transferred blocks from a pool; `write` makes no objects. A dry pool drops samples, and `first` tells. */
export function createBlockWriter(port: MessagePort): PcmWriter {
  const pool = Array.from({ length: POOL }, () => new Float32Array(BLOCK));
  const transfer: [ArrayBuffer] = [new ArrayBuffer(0)];
  const message: PcmBlock = { run: -1, startTime: 0, first: 0, buffer: transfer[0] };
  let block = pool.pop();
  let fill = 0;
  let count = 0;
  port.onmessage = (event: MessageEvent<ArrayBuffer>) => pool.push(new Float32Array(event.data));

  function flush(): void {
    if (block && fill > 0) {
      message.first = count - fill;
      message.buffer = block.buffer;
      transfer[0] = block.buffer;
      port.postMessage(message, transfer);
    }
    block = pool.pop();
    fill = 0;
  }

  return {
    begin(startTime) {
      message.run++;
      message.startTime = startTime;
      count = 0;
      fill = 0;
    },
    write(samples, length) {
      for (let i = 0; i < length; i++) {
        block ??= pool.pop();
        count++;
        if (!block) continue;
        block[fill++] = samples[i] ?? 0;
        if (fill === BLOCK) flush();
      }
    },
  };
}

export function createBlockReader(port: MessagePort): PcmReader {
  const blocks: PcmBlock[] = [];
  let wake: (() => void) | undefined;
  port.onmessage = (event: MessageEvent<PcmBlock>) => {
    blocks.push(event.data);
    wake?.();
  };
  return {
    read(onPcm: OnPcm) {
      for (const { run, startTime, first, buffer } of blocks.splice(0)) {
        onPcm(run, startTime, first, new Float32Array(buffer.slice(0)));
        port.postMessage(buffer, [buffer]);
      }
    },
    wait: () =>
      blocks.length > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            wake = resolve;
          }),
  };
}
