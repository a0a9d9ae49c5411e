import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import * as ort from "onnxruntime-web/webgpu";
import type { Avatar } from "../avatar/load";
import { EXPRESSION_SIZE, LIP_SIZE } from "../motion/conditions";
import type { Deform } from "./deform";

/** deform.onnx on our own device; the offsets never leave it. Fetches a runtime of 27 MB: import this only where used. */
export async function createGpuDeform({ deform }: Avatar, device: GPUDevice): Promise<Deform> {
  ort.env.wasm.wasmPaths = { wasm: wasmUrl };
  ort.env.wasm.numThreads = 1;
  // The device must be named here: `ort.env.webgpu.device` is ignored.
  const session = await ort.InferenceSession.create(new Uint8Array(deform), {
    executionProviders: [{ name: "webgpu", device } as ort.InferenceSession.WebGpuExecutionProviderOption],
    preferredOutputLocation: "gpu-buffer",
  });
  let last: ort.Tensor | undefined;
  return {
    provider: "webgpu",
    async run({ lip, expression }) {
      const feeds = {
        lip: new ort.Tensor("float32", lip, [1, LIP_SIZE]),
        expression: new ort.Tensor("float32", expression, [1, EXPRESSION_SIZE]),
      };
      const { offset } = await session.run(feeds);
      if (!offset) throw new Error("deform.onnx gave no offset");
      last?.dispose();
      last = offset;
      return offset.gpuBuffer as GPUBuffer;
    },
    async release() {
      last?.dispose();
      await session.release();
    },
  };
}
