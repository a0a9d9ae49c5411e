import type { Page, Worker } from "@playwright/test";

/** What the render worker has asked of the browser, kept by the spy. */
interface Spied {
  /** Devices it was given. */
  devices: GPUDevice[];
  /** Buffers and textures it has made and not destroyed. */
  gpuObjects: Set<object>;
  frames: number;
  timers: number;
  decoded: number;
}

declare global {
  var spied: Spied;
}

// Runs in the render worker before its own code.
function spy(): void {
  const scope = globalThis as typeof globalThis & DedicatedWorkerGlobalScope;
  scope.spied = { devices: [], gpuObjects: new Set(), frames: 0, timers: 0, decoded: 0 };
  const { spied } = scope;
  const frame = scope.requestAnimationFrame.bind(scope);
  scope.requestAnimationFrame = (callback) => {
    spied.frames++;
    return frame(callback);
  };
  const timer = scope.setTimeout.bind(scope);
  scope.setTimeout = ((...args: Parameters<typeof timer>) => {
    spied.timers++;
    return timer(...args);
  }) as typeof scope.setTimeout;
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

/** Lets `rendering(page)` be asked what it has done. */
export async function spyOnRendering(page: Page): Promise<void> {
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
