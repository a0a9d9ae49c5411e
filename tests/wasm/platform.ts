// What browsers have and Node lacks.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Worker as NodeWorker } from "node:worker_threads";
import { build, type Rollup } from "vite";

class NodeImageData {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly colorSpace = "srgb";
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(width * height * 4);
  }
}

const WORKER_SCOPE = `
import { parentPort } from "node:worker_threads";
globalThis.self = { postMessage: (data) => parentPort.postMessage(data), close: () => parentPort.close() };
parentPort.on("message", (data) => self.onmessage({ data }));
`;

/** A module worker: the same file, bundled, on a thread of Node's. */
class ModuleWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((error: unknown) => void) | null = null;
  readonly #started: Promise<NodeWorker>;

  constructor(url: URL) {
    this.#started = bundle(fileURLToPath(url)).then((code) => {
      const worker = new NodeWorker(
        new URL(`data:text/javascript,${encodeURIComponent(WORKER_SCOPE + code)}`),
      );
      worker.on("message", (data) => this.onmessage?.({ data }));
      worker.on("error", (error) => this.onerror?.(error));
      return worker;
    });
  }

  postMessage(data: unknown): void {
    this.#started.then((worker) => worker.postMessage(data));
  }
}

async function bundle(entry: string): Promise<string> {
  const options = { write: false, minify: false, lib: { entry, formats: ["es" as const] } };
  const result = await build({ configFile: false, logLevel: "error", publicDir: false, build: options });
  const [output] = (Array.isArray(result) ? result : [result]) as Rollup.RollupOutput[];
  const [chunk] = output?.output ?? [];
  if (!chunk) throw new Error(`${entry} gave no chunk`);
  return chunk.code;
}

/** Node's knows no files. */
const fetchFile: typeof fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  return url.startsWith("file:") ? new Response(await readFile(new URL(url))) : fetchRemote(input, init);
};
const fetchRemote = fetch;

Object.assign(globalThis, { ImageData: NodeImageData, Worker: ModuleWorker, fetch: fetchFile });
