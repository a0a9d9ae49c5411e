import { defineConfig } from "vite";

export default defineConfig({
  // The head works in module workers; in development they stay files of their own.
  worker: { format: "es" },
  optimizeDeps: { exclude: ["lipsplat"] },
  build: { target: "es2023" },
});
