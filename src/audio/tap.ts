import { LipsplatError } from "../player/errors";
import { createPcmRing } from "./pcm-ring";
import tapUrl from "./tap.worklet.ts?worker&url";

/** The way of PCM to the speech worker: shared memory where there is some, else blocks over the port. */
export interface PcmChannel {
  readonly ring: SharedArrayBuffer | undefined;
  readonly port: MessagePort;
}

/** Main → tap. */
export type TapRequest =
  | ({ readonly type: "connect" } & PcmChannel)
  | { readonly type: "begin" }
  | { readonly type: "end" };

/** Tap → main: samples since the last time. */
export interface TapCounts {
  clipped: number;
  notFinite: number;
}

export interface Tap {
  /** Connect sources here. */
  readonly node: AudioNode;
  /** The reader's end of a new way, to be transferred to the speech worker; earlier ones fall silent. */
  connect(): PcmChannel;
  /** What follows is a new run. */
  begin(): void;
  end(): void;
}

/** @throws LipsplatError `no-audio-worklet`. */
export async function createTap(
  context: AudioContext,
  onCounts: (counts: Readonly<TapCounts>) => void,
): Promise<Tap> {
  if (!("audioWorklet" in context)) throw new LipsplatError("no-audio-worklet");
  try {
    await context.audioWorklet.addModule(tapUrl);
  } catch (cause) {
    throw new LipsplatError("no-audio-worklet", "", { cause });
  }
  const node = new AudioWorkletNode(context, "lipsplat-tap", { numberOfInputs: 1, numberOfOutputs: 0 });
  node.port.onmessage = ({ data }: MessageEvent<TapCounts>) => onCounts(data);
  const send = (request: TapRequest, transfer: Transferable[] = []) =>
    node.port.postMessage(request, transfer);
  return {
    node,
    connect() {
      const { port1, port2 } = new MessageChannel();
      const ring = typeof SharedArrayBuffer === "undefined" ? undefined : createPcmRing();
      send({ type: "connect", ring, port: port1 }, [port1]);
      return { ring, port: port2 };
    },
    begin: () => send({ type: "begin" }),
    end: () => send({ type: "end" }),
  };
}
