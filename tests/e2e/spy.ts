import type { Page, Worker } from "@playwright/test";

/** What a thread has asked of the browser, kept by the spy. */
interface Spied {
  /** Animation frames, timers and intervals that came, video chunks decoded. */
  frames: number;
  timers: number;
  decoded: number;
  /** Devices it was given. */
  devices: GPUDevice[];
  /** Buffers and textures it has made and not destroyed. */
  gpuObjects: Set<object>;
}

declare global {
  var spied: Spied;
}

// Runs in a thread before its own code.
function spy(): void {
  const spied: Spied = { frames: 0, timers: 0, decoded: 0, devices: [], gpuObjects: new Set() };
  globalThis.spied = spied;
  const frame = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (callback) =>
    frame((time) => {
      spied.frames++;
      callback(time);
    });
  for (const kind of ["setTimeout", "setInterval"] as const) {
    const start = globalThis[kind].bind(globalThis) as (run: () => void, ms?: number) => number;
    Object.assign(globalThis, {
      [kind]: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
        start(() => {
          spied.timers++;
          run(...args);
        }, ms),
    });
  }
  const decode = VideoDecoder.prototype.decode;
  VideoDecoder.prototype.decode = function (chunk) {
    spied.decoded++;
    return decode.call(this, chunk);
  };
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await request.call(this, descriptor);
    spied.devices.push(device);
    return device;
  };
  for (const kind of ["createBuffer", "createTexture"] as const) {
    const create = GPUDevice.prototype[kind] as (this: GPUDevice, descriptor: object) => object;
    Object.assign(GPUDevice.prototype, {
      [kind](this: GPUDevice, descriptor: object) {
        const made = create.call(this, descriptor);
        spied.gpuObjects.add(made);
        return made;
      },
    });
  }
  for (const { prototype } of [GPUBuffer, GPUTexture]) {
    const destroy = prototype.destroy as (this: object) => undefined;
    Object.assign(prototype, {
      destroy(this: object) {
        spied.gpuObjects.delete(this);
        return destroy.call(this);
      },
    });
  }
}

/** Lets the page and `rendering(page)` be asked what they have done. */
export async function spyOnRendering(page: Page): Promise<void> {
  await page.addInitScript(spy);
  await page.route("**/render.worker-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${spy})();\n${await response.text()}` });
  });
}

/** The page's one render worker. */
export function rendering(page: Page): Worker {
  const workers = page.workers().filter((worker) => worker.url().includes("render.worker"));
  const [worker, second] = workers;
  if (!worker || second) throw new Error(`${workers.length} render workers instead of one`);
  return worker;
}
