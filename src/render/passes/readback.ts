import { PLAN, PLAN_BYTES } from "./plan";
import { type PassTimer, TIMER_BYTES } from "./timer";

/** Frames whose outcome may be on its way at once; later ones report with the newest of these. */
const RING = 3;
const STAMPS_AT = 16;

export interface FrameOutcome {
  needed: number;
  overflow: boolean;
}

const NOTHING: FrameOutcome = { needed: 0, overflow: false };

/** Brings each frame's plan and timestamps back without stalling and without making buffers. */
export interface Readback {
  /** Its buffers, the timer's among them. */
  readonly memoryBytes: number;
  record(encoder: GPUCommandEncoder): void;
  /** Call once after each submit. */
  read(): Promise<FrameOutcome>;
  destroy(): void;
}

export function createReadback(device: GPUDevice, plan: GPUBuffer, timer: PassTimer): Readback {
  const free = Array.from({ length: RING }, (_, i) =>
    device.createBuffer({
      label: `lipsplat.readback.${i}`,
      size: STAMPS_AT + TIMER_BYTES,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    }),
  );
  const all = [...free];
  let recorded: GPUBuffer | undefined;
  let newest = Promise.resolve(NOTHING);
  let destroyed = false;

  const read = async (buffer: GPUBuffer): Promise<FrameOutcome> => {
    try {
      await buffer.mapAsync(GPUMapMode.READ);
    } catch (error) {
      if (destroyed) return NOTHING;
      throw error;
    }
    const bytes = buffer.getMappedRange();
    const words = new Uint32Array(bytes, 0, PLAN_BYTES / 4);
    const outcome = { needed: words[PLAN.needed] ?? 0, overflow: words[PLAN.overflow] === 1 };
    timer.read(new BigUint64Array(bytes, STAMPS_AT));
    buffer.unmap();
    free.push(buffer);
    return outcome;
  };

  return {
    memoryBytes: all.length * (STAMPS_AT + TIMER_BYTES) + TIMER_BYTES,
    record(encoder) {
      recorded ??= free.pop();
      if (recorded === undefined) return;
      encoder.copyBufferToBuffer(plan, 0, recorded, 0, PLAN_BYTES);
      timer.resolve(encoder, recorded, STAMPS_AT);
    },
    read() {
      if (recorded !== undefined) {
        newest = read(recorded);
        recorded = undefined;
      }
      return newest;
    },
    destroy() {
      destroyed = true;
      for (const buffer of all) buffer.destroy();
    },
  };
}
