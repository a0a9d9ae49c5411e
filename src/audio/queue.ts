import { LipsplatError } from "../player/errors";
import queueUrl from "./queue.worklet.ts?worker&url";

/** Main → queue. */
export type QueueRequest =
  /** Samples at the context's rate. */
  | { readonly type: "pcm"; readonly samples: Float32Array<ArrayBuffer> }
  | { readonly type: "mark"; readonly id: number }
  /** Nothing is played before this context time. */
  | { readonly type: "start"; readonly time: number }
  | { readonly type: "end" };

/** Queue → main. */
export type QueueEvent =
  /** All before the mark had been played at this context time. */
  | { readonly type: "mark"; readonly id: number; readonly time: number }
  | { readonly type: "dry" }
  /** It ended with so many samples unplayed. */
  | { readonly type: "left"; readonly samples: number };

export interface Queue {
  readonly node: AudioNode;
  send(request: QueueRequest): void;
  destroy(): void;
}

/** @throws LipsplatError `no-audio-worklet`. */
export async function createQueue(
  context: AudioContext,
  onEvent: (event: QueueEvent) => void,
): Promise<Queue> {
  try {
    await context.audioWorklet.addModule(queueUrl);
  } catch (cause) {
    throw new LipsplatError("no-audio-worklet", "", { cause });
  }
  const node = new AudioWorkletNode(context, "lipsplat-queue", {
    numberOfInputs: 0,
    numberOfOutputs: 1,
    outputChannelCount: [1],
  });
  node.port.onmessage = ({ data }: MessageEvent<QueueEvent>) => onEvent(data);
  const send = (request: QueueRequest) =>
    node.port.postMessage(request, request.type === "pcm" ? [request.samples.buffer] : []);
  return {
    node,
    send,
    destroy() {
      send({ type: "end" });
      node.disconnect();
    },
  };
}
