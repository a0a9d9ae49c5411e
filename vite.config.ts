import { defineConfig } from "vite";
import { wasm } from "./scripts/setup/wasm.mjs";

// SharedArrayBuffer and WASM threads need a cross-origin isolated page.
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  plugins: [wasm()],
  server: { headers },
  preview: { headers },
  worker: { format: "es" },
  build: { target: "es2023" },
  optimizeDeps: {
    exclude: ["onnxruntime-web"],
    include: ["@mediabunny/aac-encoder", "comlink", "idb-keyval", "mediabunny", "pbf", "valibot"],
  },
});
