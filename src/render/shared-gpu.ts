import { type Gpu, requestGpu } from "./device";

/** A share in the page's one device; the last to release it destroys the device. */
export interface GpuShare {
  readonly gpu: Gpu;
  release(): void;
}

export interface SharedGpu {
  /** The device that others have already, else a new one; after a loss a new one. Undefined where there is none. */
  take(): Promise<GpuShare | undefined>;
}

interface Held {
  readonly gpu: Gpu;
  users: number;
  /** Lets the next taker have a new one. */
  forget(): void;
}

export function createSharedGpu(): SharedGpu {
  let held: Promise<Held | undefined> | undefined;

  async function open(forget: () => void): Promise<Held | undefined> {
    const gpu = await requestGpu().catch((cause: unknown) => {
      console.warn("lipsplat: no graphics device", cause);
      return undefined;
    });
    if (!gpu) {
      forget();
      return undefined;
    }
    void gpu.device.lost.then(forget);
    return { gpu, users: 0, forget };
  }

  function find(): Promise<Held | undefined> {
    if (held) return held;
    const mine = open(() => {
      if (held === mine) held = undefined;
    });
    held = mine;
    return mine;
  }

  return {
    async take() {
      const mine = await find();
      if (!mine) return undefined;
      mine.users++;
      let released = false;
      return {
        gpu: mine.gpu,
        release() {
          if (released) return;
          released = true;
          if (--mine.users > 0) return;
          mine.forget();
          mine.gpu.device.destroy();
        },
      };
    },
  };
}
