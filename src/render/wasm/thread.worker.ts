import { startKernel } from "./kernel";
import type { ThreadStart } from "./threads";

// A helping thread: asleep in the shared memory between frames, so that it hears no message until it is stopped.
self.onmessage = async ({ data: { module, memory, thread } }: MessageEvent<ThreadStart>) => {
  const kernel = await startKernel(module, memory);
  self.postMessage("ready");
  kernel.serve(thread);
  self.close();
};
