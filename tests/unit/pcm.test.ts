import { expect, it } from "vitest";
import { createBlockReader, createBlockWriter } from "../../src/audio/pcm-blocks";
import {
  createPcmRing,
  createRingReader,
  createRingWriter,
  type PcmReader,
  type PcmWriter,
} from "../../src/audio/pcm-ring";
import type { Encoder } from "../../src/speech/encoder";
import type { Listener } from "../../src/speech/listener";
import { encodeLive, type SpeechMessage } from "../../src/speech/live";

const ways: [string, () => [PcmWriter, PcmReader]][] = [
  [
    "shared memory",
    () => {
      const ring = createPcmRing();
      return [createRingWriter(ring), createRingReader(ring)];
    },
  ],
  [
    "transferred blocks",
    () => {
      const { port1, port2 } = new MessageChannel();
      return [createBlockWriter(port1), createBlockReader(port2)];
    },
  ],
];

/** What is read once `count` samples have come: start time and index of each piece, and all samples. */
async function readAll(reader: PcmReader, count: number) {
  const pieces: { startTime: number; first: number }[] = [];
  const samples: number[] = [];
  while (samples.length < count) {
    await reader.wait();
    reader.read((_, startTime, first, block) => {
      pieces.push({ startTime, first });
      samples.push(...block);
    });
  }
  return { pieces, samples };
}

it.each(ways)("over %s samples arrive in order, with the time of the first", async (_, open) => {
  const [writer, reader] = open();
  writer.begin(1.5);
  const ramp = Float32Array.from({ length: 43 }, (_, i) => i);
  const reading = readAll(reader, 6400);
  for (let written = 0; written < 6400; written += 40) {
    writer.write(
      ramp.map((i) => written + i),
      40,
    );
    if (written % 800 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  const { pieces, samples } = await reading;
  expect(samples).toEqual(Array.from({ length: 6400 }, (_, i) => i));
  expect(pieces.every(({ startTime }) => startTime === 1.5)).toBe(true);
  expect(pieces[0]?.first).toBe(0);
});

it.each(ways)("over %s a new run begins at its own time, without the rest of the last", async (_, open) => {
  const [writer, reader] = open();
  writer.begin(1);
  writer.write(new Float32Array(100).fill(1), 100);
  writer.begin(2);
  writer.write(new Float32Array(320).fill(2), 320);
  const { pieces, samples } = await readAll(reader, 320);
  expect(pieces).toEqual([{ startTime: 2, first: 0 }]);
  expect(samples).toEqual(Array(320).fill(2));
});

/** An encoder whose feature for hop h is the mean of the hop, 4 hops of look-ahead. */
const meanEncoder: Encoder = {
  hop: 320,
  size: 1,
  step: 0.02,
  featureRate: 50,
  lookAhead: 0.08,
  timeOf: (index) => index / 50,
  stream() {
    let hops = 0;
    return {
      async push(pcm) {
        const firstIndex = hops + 1 - 4;
        const values = Float32Array.from({ length: pcm.length / 320 }, (_, h) => pcm[h * 320] ?? 0);
        hops += values.length;
        return { firstIndex, values };
      },
    };
  },
  encode: () => Promise.reject(new Error("not used")),
  release: () => Promise.resolve(),
};

it("stamps live features by the contract: hop h is feature h + 1 − look-ahead, none before the start", async () => {
  const ring = createPcmRing();
  const writer = createRingWriter(ring);
  const messages: SpeechMessage[] = [];
  const done = new AbortController();
  const all = new Promise<void>((resolve) => {
    const onSpeech = (message: SpeechMessage) => {
      messages.push(message);
      if (messages.reduce((sum, { values }) => sum + values.length, 0) >= 7) resolve();
    };
    const events = { onSpeech, onVoice: () => undefined, onLost: () => undefined };
    void encodeLive({ encoder: meanEncoder }, createRingReader(ring), events, done.signal);
  });
  writer.begin(10);
  for (let h = 0; h < 10; h++) {
    writer.write(new Float32Array(320).fill(h), 320);
    await new Promise((resolve) => setTimeout(resolve));
  }
  await all;
  done.abort();
  const features = messages.flatMap(({ firstTime, values }) =>
    [...values].map((hop, i) => [firstTime + i / 50, hop]),
  );
  expect(features).toHaveLength(7);
  for (const [k, [time, hop]] of features.entries()) {
    expect(hop).toBe(k + 3);
    expect(time).toBeCloseTo(10 + k / 50, 9);
  }
});

/** Cues whose first number for hop h is the mean of the hop, 3 hops of look-ahead. */
const meanProsody: Listener = {
  hop: 640,
  size: 8,
  step: 0.04,
  lookAhead: 0.1,
  timeOf: (index) => (index + 0.5) / 25,
  stream() {
    let hops = 0;
    return {
      async push(pcm) {
        const firstIndex = hops + 1 - 3;
        const n = pcm.length / 640;
        hops += n;
        const values = Float32Array.from({ length: 8 * n }, (_, i) => pcm[Math.floor(i / 8) * 640] ?? 0);
        return { firstIndex, values };
      },
    };
  },
  release: () => Promise.resolve(),
};

it("cues come beside the lips, never before them, each for the middle of its 40 ms", async () => {
  const ring = createPcmRing();
  const writer = createRingWriter(ring);
  const messages: SpeechMessage[] = [];
  const done = new AbortController();
  const events = {
    onSpeech: (message: SpeechMessage) => void messages.push(message),
    onVoice: () => undefined,
    onLost: () => undefined,
  };
  void encodeLive(
    { encoder: meanEncoder, prosody: () => meanProsody },
    createRingReader(ring),
    events,
    done.signal,
  );
  writer.begin(10);
  for (let h = 0; h < 40; h++) {
    writer.write(new Float32Array(320).fill(Math.floor(h / 2)), 320);
    if (h % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await expect
    .poll(() =>
      messages
        .filter(({ type }) => type === "cues")
        .at(-1)
        ?.values.at(-1),
    )
    .toBe(19);
  done.abort();
  const cues = messages.flatMap((message) =>
    message.type === "cues"
      ? Array.from({ length: message.values.length / 8 }, (_, i) => [
          message.firstTime + i / 25,
          message.values[8 * i],
        ])
      : [],
  );
  expect(cues).toHaveLength(18);
  for (const [k, [time, hop]] of cues.entries()) {
    expect(hop).toBe(k + 2);
    expect(time).toBeCloseTo(10 + (k + 0.5) / 25, 9);
  }
  // What a cue has heard, look-ahead and all, the lips had heard before.
  let lips = 0;
  for (const { type, firstTime, values } of messages) {
    if (type === "lip") lips = firstTime + (values.length - 1) / 50 + meanEncoder.lookAhead;
    else expect(lips).toBeGreaterThanOrEqual(firstTime + (values.length / 8 - 1) / 25 + 0.1 - 0.0201);
  }
});

it("cues begin in the middle of a sound, when what hears them is there", async () => {
  const ring = createPcmRing();
  const writer = createRingWriter(ring);
  const cues: (readonly [time: number, hop: number])[] = [];
  const done = new AbortController();
  let written = 0;
  const events = {
    onSpeech({ type, firstTime, values }: SpeechMessage) {
      if (type !== "cues") return;
      for (let i = 0; 8 * i < values.length; i++) cues.push([firstTime + i / 25, values[8 * i] ?? 0]);
    },
    onVoice: () => undefined,
    onLost: () => undefined,
  };
  const prosody = () => (written >= 20 ? meanProsody : undefined);
  void encodeLive({ encoder: meanEncoder, prosody }, createRingReader(ring), events, done.signal);
  writer.begin(10);
  for (; written < 40; written++) {
    writer.write(new Float32Array(320).fill(Math.floor(written / 2)), 320);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await expect.poll(() => cues.at(-1)?.[1]).toBeGreaterThanOrEqual(18);
  done.abort();
  // From about the 20th hop of 20 ms on.
  expect(cues[0]?.[0]).toBeGreaterThan(10.2);
  expect(cues.length).toBeGreaterThan(3);
  // What a cue holds begins 60 ms after its time: two hops of 40 ms on, from its middle.
  for (const [time, hop] of cues) expect(hop).toBe(Math.floor((time - 10 + 0.06) / 0.04 + 1e-6));
});
