import { defineConfig } from "vite";
import { delivery } from "./scripts/setup/delivery.mjs";
import { wasm } from "./scripts/setup/wasm.mjs";

export default defineConfig({
  plugins: [wasm(), delivery()],
  worker: { format: "es" },
  build: { target: "es2023" },
  optimizeDeps: {
    exclude: ["onnxruntime-web"],
    include: ["@mediabunny/aac-encoder", "comlink", "idb-keyval", "mediabunny", "pbf", "valibot"],
  },
});
