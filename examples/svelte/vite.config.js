import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  // The head works in module workers; in development they stay files of their own.
  worker: { format: "es" },
  optimizeDeps: { exclude: ["lipsplat"] },
  build: { target: "es2023" },
});
