import { defineConfig } from "vite";
import { delivery } from "./scripts/setup/delivery.mjs";
import { wasm } from "./scripts/setup/wasm.mjs";
import { wgsl } from "./scripts/setup/wgsl.mjs";

export default defineConfig({
  plugins: [wasm(), wgsl(), delivery()],
  worker: { format: "es", plugins: () => [wgsl()] },
  build: { target: "es2023" },
  optimizeDeps: {
    exclude: ["onnxruntime-web"],
    include: ["@mediabunny/aac-encoder", "comlink", "idb-keyval", "mediabunny", "valibot"],
  },
});
