import { type Gpu, requestGpu } from "./device";

/** A share in the page's one device; the last to release it destroys the device. */
export interface GpuShare {
  readonly gpu: Gpu;
  release(): void;
}

export interface SharedGpu {
  /** The device that others have already, else a new one; after a loss a new one. Answers as `requestGpu`, never rejects. */
  take(acceptSoftware: boolean): Promise<GpuShare | "software" | undefined>;
}

interface Held {
  readonly gpu: Gpu;
  users: number;
  /** Lets the next taker have a new one. */
  forget(): void;
}

export function createSharedGpu(): SharedGpu {
  let held: Promise<Held | "software" | undefined> | undefined;

  async function open(acceptSoftware: boolean, forget: () => void): Promise<Held | "software" | undefined> {
    const gpu = await requestGpu(acceptSoftware).catch((cause: unknown) => {
      console.warn("lipsplat: no graphics device", cause);
      return undefined;
    });
    if (typeof gpu !== "object") {
      forget();
      return gpu;
    }
    void gpu.device.lost.then(forget);
    return { gpu, users: 0, forget };
  }

  function find(acceptSoftware: boolean): Promise<Held | "software" | undefined> {
    if (held) return held;
    const mine = open(acceptSoftware, () => {
      if (held === mine) held = undefined;
    });
    held = mine;
    return mine;
  }

  return {
    async take(acceptSoftware) {
      let found = await find(acceptSoftware);
      if (found === "software" && acceptSoftware) found = await find(true);
      if (typeof found !== "object") return found;
      if (found.gpu.software && !acceptSoftware) return "software";
      const mine = found;
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
