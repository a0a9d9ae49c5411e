import { defineConfig } from "vitest/config";
import { wasm } from "./scripts/setup/wasm.mjs";

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [wasm()],
        test: {
          name: "node",
          environment: "node",
          include: ["tests/{unit,wgsl,wasm,exact,package}/**/*.test.ts"],
          // SwiftShader on a busy two-core machine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
