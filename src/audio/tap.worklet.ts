import { createBlockWriter } from "./pcm-blocks";
import { createRingWriter, type PcmWriter } from "./pcm-ring";
import { createResampler } from "./resampler";
import { FULL_SCALE } from "./tally";
import type { TapCounts, TapRequest } from "./tap";

// The scope of an AudioWorklet, which TypeScript's libraries leave out.
declare const sampleRate: number;
declare const currentFrame: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const QUANTUM = 128;
/** Seconds between counts. */
const COUNT_EVERY = 0.25;

/** Listens to what is connected: mono mix, 16 kHz, stamped on the audio clock. */
class Tap extends AudioWorkletProcessor {
  readonly #resampler = createResampler(sampleRate, 16000, QUANTUM);
  readonly #mono = new Float32Array(QUANTUM);
  readonly #output = new Float32Array(this.#resampler.maxOutput(QUANTUM));
  #writer: PcmWriter | undefined;
  #listening = false;
  #begun = false;
  #expectedFrame = 0;
  readonly #counts: TapCounts = { clipped: 0, notFinite: 0 };
  #nextCounts = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<TapRequest>) => {
      if (data.type === "connect")
        this.#writer = data.ring ? createRingWriter(data.ring) : createBlockWriter(data.port);
      else this.#listening = data.type === "begin";
      this.#begun = false;
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const writer = this.#writer;
    if (!writer || !this.#listening) return true;
    // A gap in the audio clock would shift every later stamp: begin again after it.
    if (!this.#begun || currentFrame !== this.#expectedFrame) {
      this.#resampler.reset();
      writer.begin(currentFrame / sampleRate);
      this.#begun = true;
    }
    this.#expectedFrame = currentFrame + QUANTUM;
    this.#mix(inputs[0]);
    const written = this.#resampler.push(this.#mono, QUANTUM, this.#output);
    if (written > 0) writer.write(this.#output, written);
    if (currentFrame >= this.#nextCounts) this.#tell();
    return true;
  }

  #mix(channels: Float32Array[] | undefined): void {
    this.#mono.fill(0);
    if (!channels || channels.length === 0) return;
    for (let c = 0; c < channels.length; c++) {
      const channel = channels[c];
      if (!channel) continue;
      for (let i = 0; i < QUANTUM; i++) {
        const sample = channel[i] ?? 0;
        // A source that gives NaN must not poison the filters after it.
        if (!Number.isFinite(sample)) this.#counts.notFinite++;
        else {
          if (sample >= FULL_SCALE || sample <= -FULL_SCALE) this.#counts.clipped++;
          this.#mono[i] = (this.#mono[i] ?? 0) + sample / channels.length;
        }
      }
    }
  }

  #tell(): void {
    this.#nextCounts = currentFrame + COUNT_EVERY * sampleRate;
    if (this.#counts.clipped === 0 && this.#counts.notFinite === 0) return;
    this.port.postMessage(this.#counts);
    this.#counts.clipped = 0;
    this.#counts.notFinite = 0;
  }
}

registerProcessor("lipsplat-tap", Tap);
