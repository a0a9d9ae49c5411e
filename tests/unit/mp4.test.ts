import { readFile } from "node:fs/promises";
import {
  BufferSource,
  BufferTarget,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { describe, expect, it } from "vitest";
import { readMp4 } from "../../src/avatar/mp4";

const FPS = 25;
const shipped = new URL("../../public/models/default/torso.mp4", import.meta.url);
const readShipped = async () => new Uint8Array(await readFile(shipped)).buffer;

/** The same table as another reader has it. */
async function readByLibrary(data: ArrayBuffer) {
  const track = await new Input({ source: new BufferSource(data), formats: [MP4] }).getPrimaryVideoTrack();
  if (!track) throw new Error("no track");
  const samples = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    samples.push({
      data: packet.data,
      key: packet.type === "key",
      frame: Math.round(packet.timestamp * FPS),
    });
  }
  return { config: await track.getDecoderConfig(), samples };
}

async function expectSame(data: ArrayBuffer): Promise<void> {
  const { config, samples } = readMp4(data);
  const library = await readByLibrary(data);
  expect(config.codec).toBe(library.config?.codec);
  expect([config.codedWidth, config.codedHeight]).toEqual([
    library.config?.codedWidth,
    library.config?.codedHeight,
  ]);
  expect(config.description).toEqual(library.config?.description);
  expect(samples.map(({ key, frame }) => ({ key, frame }))).toEqual(
    library.samples.map(({ key, frame }) => ({ key, frame })),
  );
  const bytes = samples.map(({ at, bytes }) => Buffer.from(data, at, bytes));
  expect(bytes.every((sample, i) => sample.equals(library.samples[i]?.data ?? new Uint8Array()))).toBe(true);
}

describe("the torso's table of samples", () => {
  it("is that of the shipped avatar", async () => {
    const data = await readShipped();
    expect(readMp4(data).samples).toHaveLength(1289);
    await expectSame(data);
  });

  it("tells frames that are decoded in another order than they are shown", async () => {
    const { config, samples } = await readByLibrary(await readShipped());
    const source = new EncodedVideoPacketSource("avc");
    const target = new BufferTarget();
    const output = new Output({ format: new Mp4OutputFormat(), target });
    output.addVideoTrack(source);
    await output.start();
    for (const [i, frame] of [0, 3, 1, 2, 6, 4, 5, 9, 7, 8].entries()) {
      const bytes = samples[i]?.data ?? new Uint8Array();
      const packet = new EncodedPacket(bytes, i === 0 ? "key" : "delta", frame / FPS, 1 / FPS);
      await source.add(packet, config ? { decoderConfig: config } : undefined);
    }
    await output.finalize();
    const data = target.buffer ?? new ArrayBuffer();
    expect(readMp4(data).samples.map(({ frame }) => frame)).toEqual([0, 3, 1, 2, 6, 4, 5, 9, 7, 8]);
    await expectSame(data);
  });

  it("is refused where the file is cut, empty or lies", async () => {
    const whole = await readShipped();
    for (const bytes of [0, 7, 40, 3000, 6000, 1_000_000])
      expect(() => readMp4(whole.slice(0, bytes))).toThrow();
    const text = Buffer.from(whole).indexOf("stsz");
    const lies = whole.slice();
    new DataView(lies).setUint32(text + 12, 0xffff_ffff);
    expect(() => readMp4(lies)).toThrow("longer than its box");
  });
});
