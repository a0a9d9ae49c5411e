/** The stages of a frame in their order; names of the timings. */
export const PASS_NAMES = [
  "project",
  "sort",
  "count",
  "scan",
  "plan",
  "place",
  "blend",
  "composite",
  "restore",
] as const;
export type PassName = (typeof PASS_NAMES)[number];

const QUERIES = PASS_NAMES.length * 2;
export const TIMER_BYTES = QUERIES * 8;

/** A timestamp at both ends of each pass; does nothing where the device lacks `timestamp-query`. */
export interface PassTimer {
  /** `timestampWrites` for that pass' descriptor. */
  writes(pass: PassName): { timestampWrites: GPUComputePassTimestampWrites } | Record<string, never>;
  /** Copies the frame's stamps to `target` at `offset`, TIMER_BYTES long. */
  resolve(encoder: GPUCommandEncoder, target: GPUBuffer, offset: number): void;
  /** Turns the copied stamps into milliseconds. */
  read(stamps: BigUint64Array): void;
  readonly timings: ReadonlyMap<PassName, number>;
  destroy(): void;
}

export function createPassTimer(device: GPUDevice): PassTimer {
  const timings = new Map<PassName, number>();
  if (!device.features.has("timestamp-query")) {
    return { writes: () => ({}), resolve: () => {}, read: () => {}, timings, destroy: () => {} };
  }
  const querySet = device.createQuerySet({ label: "lipsplat.timer", type: "timestamp", count: QUERIES });
  const resolved = device.createBuffer({
    label: "lipsplat.timer",
    size: TIMER_BYTES,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  /** Passes of the frame: stamps of what only some frames have outlive it. */
  const recorded = new Set<PassName>();
  const writes = new Map(
    PASS_NAMES.map((name, i) => [
      name,
      { timestampWrites: { querySet, beginningOfPassWriteIndex: i * 2, endOfPassWriteIndex: i * 2 + 1 } },
    ]),
  );
  return {
    writes(pass) {
      recorded.add(pass);
      return writes.get(pass) ?? {};
    },
    resolve(encoder, target, offset) {
      encoder.resolveQuerySet(querySet, 0, QUERIES, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, target, offset, TIMER_BYTES);
    },
    read(stamps) {
      PASS_NAMES.forEach((name, i) => {
        if (recorded.has(name))
          timings.set(name, Number((stamps[i * 2 + 1] ?? 0n) - (stamps[i * 2] ?? 0n)) / 1e6);
        else timings.delete(name);
      });
      recorded.clear();
    },
    timings,
    destroy() {
      querySet.destroy();
      resolved.destroy();
    },
  };
}
