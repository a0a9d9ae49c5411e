import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { LipsplatError } from "../player/errors";

ort.env.wasm.wasmPaths = { wasm: wasmUrl };
ort.env.wasm.numThreads = 1;

/** Starts the runtime while files are still coming. Only a session starts it, so an empty one is asked for, and refused. */
export function warmRuntime(): void {
  ort.InferenceSession.create(new Uint8Array(0), { executionProviders: ["wasm"] }).catch(() => undefined);
}

/** Model → float32 tensors, by name. */
export type Tensors = Readonly<Record<string, Float32Array>>;

export interface OnnxSession {
  /** Shapes follow `dims`; the answer's arrays are the caller's own. */
  run(inputs: Readonly<Record<string, { data: Float32Array; dims: readonly number[] }>>): Promise<Tensors>;
  release(): Promise<void>;
}

/**
 * A model on ONNX Runtime's WASM, one thread.
 * @throws LipsplatError `bundle-corrupt` where the runtime cannot read `name`, or its inputs or outputs differ.
 */
export async function createWasmSession(
  name: string,
  model: ArrayBuffer,
  contract: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
): Promise<OnnxSession> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  } catch (cause) {
    throw new LipsplatError("bundle-corrupt", `${name} cannot be run: ${cause}.`, { cause });
  }
  checkNames(name, "inputs", session.inputNames, contract.inputs);
  checkNames(name, "outputs", session.outputNames, contract.outputs);
  return {
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([key, { data, dims }]) => [key, new ort.Tensor("float32", data, dims)]),
      );
      const results = await session.run(feeds);
      return Object.fromEntries(
        Object.entries(results).map(([key, tensor]) => {
          if (!(tensor.data instanceof Float32Array)) {
            throw new LipsplatError("bundle-corrupt", `${name}: output ${key} is not float32.`);
          }
          return [key, tensor.data];
        }),
      );
    },
    release: () => session.release(),
  };
}

function checkNames(name: string, kind: string, found: readonly string[], wanted: readonly string[]): void {
  if (found.length === wanted.length && wanted.every((w) => found.includes(w))) return;
  throw new LipsplatError(
    "bundle-corrupt",
    `${name} has the ${kind} ${found.join(", ")}, not ${wanted.join(", ")}.`,
  );
}
