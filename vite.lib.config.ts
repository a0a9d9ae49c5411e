import { basename } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { wasm } from "./scripts/setup/wasm.mjs";
import { wgsl } from "./scripts/setup/wgsl.mjs";

const workers = {
  "render.worker": "src/render/render.worker.ts",
  "thread.worker": "src/render/wasm/thread.worker.ts",
  "speech.worker": "src/speech/speech.worker.ts",
  "dub.worker": "src/dub/dub.worker.ts",
};

/** What is always fetched together, and what it needs: many small modules would compress worse than one. The first that takes a module keeps it. */
const chunks = {
  common: /player\/errors|motion\/(expression-names|mood-names|modules)|avatar\/folder-url|preload-helper/,
  element: /src\/(element\/(lip-splat|index)|package\/models)/,
  wire: /player\/rpc|audio\/(clock|decode|pcm-ring|resampler)|speech\/next-task/,
  files: /src\/avatar\/load/,
  head: /src\/render\/(stage|turns|shared-gpu|sized|passes\/frame)\.ts/,
  rasterizer: /src\/render\/rasterizer\.ts/,
};

/** The package (`npm run package`): modules that a page loads as they are, and that any bundler can take further. */
export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [wasm(), wgsl(), plainImports(), workersAsEntries()],
  worker: { format: "es", rolldownOptions: { output: { entryFileNames: "[name].js" } } },
  build: {
    target: "es2023",
    outDir: "lib",
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: {
        lipsplat: "src/package/index.ts",
        define: "src/package/define.ts",
        embed: "src/embed/client.ts",
        ...workers,
      },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "[name].js",
        // By its entry's name it would be "src".
        chunkFileNames: ({ name }) => `${name === "src" ? "mediabunny" : name}-[hash].js`,
        assetFileNames: "[name][extname]",
        codeSplitting: { groups: Object.entries(chunks).map(([name, test]) => ({ name, test })) },
      },
    },
  },
});

/** Vite's own helper for dynamic imports preloads style sheets, of which there are none. */
function plainImports(): Plugin {
  return {
    name: "lipsplat-plain-imports",
    enforce: "pre",
    load: {
      filter: { id: /vite\/preload-helper/ },
      handler: () => "export const __vitePreload = (load) => load();",
    },
  };
}

/**
 * Vite would bundle each worker by itself, and write its address in a form that no other bundler finds. Here workers are
 * entries beside the others, sharing their chunks, and `new Worker(new URL("./name.worker.js", import.meta.url))` stays as it is.
 */
function workersAsEntries(): Plugin {
  const address = /(new Worker\(\s*new URL\()"([^"]+\.worker)\.ts"/g;
  const mark = (name: string) => `__lipsplat_${name.replace(".", "_")}__`;
  return {
    name: "lipsplat-workers",
    enforce: "pre",
    transform: (code) =>
      code.replace(address, (_, call: string, path: string) => `${call}${mark(basename(path))}`),
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const name of Object.keys(workers))
          chunk.code = chunk.code.replaceAll(mark(name), `"./${name}.js"`);
      }
    },
  };
}
