import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "lip-splat" } } })],
  // The head works in module workers; in development they stay files of their own.
  worker: { format: "es" },
  optimizeDeps: { exclude: ["lipsplat"] },
  build: { target: "es2023" },
});
