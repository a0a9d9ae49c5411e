import {
  type EncodedPacket,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  NullTarget,
  Output,
  type Quality,
  VideoSample,
  VideoSampleSource,
} from "mediabunny";
import { createColorSpread } from "./color-spread";

const KEY_FRAME_SECONDS = 2;

export interface PictureFormat {
  readonly codec: "avc" | "vp9";
  readonly quality: Quality;
  readonly fps: number;
  readonly width: number;
  readonly height: number;
}

/** One picture after the other into a track of the file. */
export interface PictureEncoder {
  readonly source: VideoSampleSource | EncodedVideoPacketSource;
  /** What the canvas shows becomes frame `i`. */
  add(canvas: OffscreenCanvas, i: number): Promise<void>;
  end(): Promise<void>;
}

export function createPictureEncoder({ codec, quality, fps }: PictureFormat): PictureEncoder {
  const source = new VideoSampleSource({ codec, quality, ...STEADY });
  return {
    source,
    async add(canvas, i) {
      const frame = new VideoSample(canvas, { timestamp: i / fps, duration: 1 / fps });
      await source.add(frame);
      frame.close();
    },
    end: async () => undefined,
  };
}

/**
 * With the canvas' transparency. No browser encodes it, so colour and alpha are two streams, and each packet of the one
 * takes along its fellow of the other, as WebM has it (BlockAdditional, "VP8 alpha encoding").
 */
export async function createAlphaEncoder(format: PictureFormat): Promise<PictureEncoder> {
  const { codec, quality, fps, width, height } = format;
  const source = new EncodedVideoPacketSource(codec);
  const spread = createColorSpread(width, height);
  /** Packets that wait for their fellows. */
  const colors: { packet: EncodedPacket; meta: EncodedVideoChunkMetadata | undefined }[] = [];
  const alphas: EncodedPacket[] = [];
  let adding = Promise.resolve();

  function join(): void {
    for (;;) {
      const [color, alpha] = [colors[0], alphas[0]];
      if (!color || !alpha) return;
      colors.shift();
      alphas.shift();
      const both = color.packet.clone({ sideData: { alpha: alpha.data } });
      adding = adding.then(() => source.add(both, color.meta));
      // Told where it is awaited.
      adding.catch(() => undefined);
    }
  }

  const color = await createStream((packet, meta) => {
    colors.push({ packet, meta });
    join();
  });
  const alpha = await createStream((packet) => {
    alphas.push(packet);
    join();
  });

  async function createStream(
    onEncodedPacket: (packet: EncodedPacket, meta: EncodedVideoChunkMetadata | undefined) => void,
  ) {
    const stream = new VideoSampleSource({ codec, quality, ...STEADY, onEncodedPacket });
    // Only an output drives an encoder; this one keeps nothing.
    const output = new Output({ format: new MkvOutputFormat(), target: new NullTarget() });
    output.addVideoTrack(stream, { frameRate: fps });
    await output.start();
    return { stream, output };
  }

  return {
    source,
    async add(canvas, i) {
      const { straight, alpha: levels } = spread(canvas);
      const timing = { timestamp: i / fps, duration: 1 / fps, codedWidth: width, codedHeight: height };
      const shown = new VideoSample(straight, { ...timing, format: "RGBX" });
      const matte = new VideoSample(levels, { ...timing, format: "I420" });
      await Promise.all([color.stream.add(shown), alpha.stream.add(matte)]);
      shown.close();
      matte.close();
      await adding;
    },
    async end() {
      await Promise.all([color.output.finalize(), alpha.output.finalize()]);
      await adding;
    },
  };
}

/** Frames are neither dropped nor put in another order. */
const STEADY = { keyFrameInterval: KEY_FRAME_SECONDS, latencyMode: "quality" } as const;
