/// <reference lib="es2024.sharedmemory" />

/**
 * PCM from the worklet to the speech worker through shared memory: one writer, one reader, no locks.
 * A run is one source's unbroken stretch of samples; sample k of it stands for startTime + k/16000.
 */
const CAPACITY = 2 ** 16; // 4 s
/** The reader is woken once a hop of the encoder, not once a quantum. */
const WAKE_EVERY = 320;
const HEADER_INTS = 4; // written, run, run's first position, unused
const WRITTEN = 0;
const RUN = 1;
const FIRST = 2;
const TIME_OFFSET = HEADER_INTS * 4;
const DATA_OFFSET = TIME_OFFSET + 8;

export interface PcmWriter {
  /** Begins a new run, whose sample 0 stands for `startTime`, seconds of the AudioContext. */
  begin(startTime: number): void;
  write(samples: Float32Array, length: number): void;
}

/** Takes the samples of a run in order; `first` is the index of samples[0] in the run. */
export type OnPcm = (run: number, startTime: number, first: number, samples: Float32Array) => void;

export function createPcmRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(DATA_OFFSET + CAPACITY * 4);
}

function views(ring: SharedArrayBuffer) {
  return {
    header: new Int32Array(ring, 0, HEADER_INTS),
    time: new Float64Array(ring, TIME_OFFSET, 1),
    data: new Float32Array(ring, DATA_OFFSET, CAPACITY),
  };
}

export function createRingWriter(ring: SharedArrayBuffer): PcmWriter {
  const { header, time, data } = views(ring);
  let written = Atomics.load(header, WRITTEN);
  let unwoken = 0;
  return {
    begin(startTime) {
      unwoken = 0;
      time[0] = startTime;
      Atomics.store(header, FIRST, written);
      Atomics.add(header, RUN, 1);
    },
    write(samples, length) {
      for (let i = 0; i < length; i++) data[(written + i) & (CAPACITY - 1)] = samples[i] ?? 0;
      written = (written + length) | 0;
      Atomics.store(header, WRITTEN, written);
      unwoken += length;
      if (unwoken < WAKE_EVERY) return;
      unwoken %= WAKE_EVERY;
      Atomics.notify(header, WRITTEN);
    },
  };
}

export interface PcmReader {
  /** Hands over what has been written since the last call; a reader more than 4 s late loses the oldest. */
  read(onPcm: OnPcm): void;
  /** Resolves when there is more to read. */
  wait(): Promise<void>;
}

export function createRingReader(ring: SharedArrayBuffer): PcmReader {
  const { header, time, data } = views(ring);
  let position = Atomics.load(header, WRITTEN);
  let run = -1;
  let first = position;
  return {
    read(onPcm) {
      const now = Atomics.load(header, RUN);
      const written = Atomics.load(header, WRITTEN);
      if (now !== run) {
        run = now;
        first = Atomics.load(header, FIRST);
        position = first;
      }
      if (((written - position) | 0) > CAPACITY) position = (written - CAPACITY / 2) | 0;
      const length = (written - position) | 0;
      if (length <= 0) return;
      const samples = new Float32Array(length);
      for (let i = 0; i < length; i++) samples[i] = data[(position + i) & (CAPACITY - 1)] ?? 0;
      onPcm(run, time[0] ?? 0, (position - first) | 0, samples);
      position = written;
    },
    async wait() {
      if (Atomics.load(header, WRITTEN) !== position) return;
      // Browsers without waitAsync look every 5 ms, a quarter of a hop.
      if (!("waitAsync" in Atomics)) await new Promise((resolve) => setTimeout(resolve, 5));
      else await Atomics.waitAsync(header, WRITTEN, position).value;
    },
  };
}
