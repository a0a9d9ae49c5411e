/** To a helping thread, once. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

/** A frame gains little beyond this. */
const MOST_THREADS = 4;

/** Threads share memory, which a page has only where it is cross-origin isolated. */
export function threadsFor(wanted = Math.min(navigator.hardwareConcurrency, MOST_THREADS)): number {
  const shared = typeof SharedArrayBuffer !== "undefined" && globalThis.crossOriginIsolated !== false;
  return shared ? Math.max(1, Math.floor(wanted)) : 1;
}

/** Starts `count` helping threads, numbered from 1. @returns how many of them came to life. */
export async function startThreads(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
): Promise<number> {
  const threads = Array.from({ length: count }, (_, i) => startThread({ module, memory, thread: i + 1 }));
  return (await Promise.all(threads)).filter(Boolean).length;
}

function startThread(start: ThreadStart): Promise<boolean> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./thread.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = () => resolve(true);
    worker.onerror = () => resolve(false);
    worker.postMessage(start);
  });
}
