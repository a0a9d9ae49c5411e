import { createPcmQueue } from "./pcm-queue";
import type { QueueEvent, QueueRequest } from "./queue";

// The scope of an AudioWorklet, which TypeScript's libraries leave out.
declare const currentTime: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Plays what is pushed. */
class Queue extends AudioWorkletProcessor {
  readonly #queue = createPcmQueue({
    onMark: (id) => this.#send({ type: "mark", id, time: currentTime }),
    onDry: () => this.#send({ type: "dry" }),
  });
  #startTime = Number.POSITIVE_INFINITY;
  #ended = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<QueueRequest>) => {
      if (data.type === "pcm") this.#queue.push(data.samples);
      else if (data.type === "mark") this.#queue.mark(data.id);
      else if (data.type === "start") this.#startTime = data.time;
      else {
        this.#ended = true;
        this.#send({ type: "left", samples: this.#queue.left });
      }
    };
  }

  process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]?.[0];
    if (output && currentTime >= this.#startTime) this.#queue.pull(output);
    return !this.#ended;
  }

  #send(event: QueueEvent): void {
    this.port.postMessage(event);
  }
}

registerProcessor("lipsplat-queue", Queue);
