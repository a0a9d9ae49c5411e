import { createServer } from "vite";
import { root } from "../scripts/setup/run.mjs";

/** The TypeScript of the checkout for Node: `load(path from the root)` gives a module. */
export async function openSources() {
  const server = await createServer({
    root,
    appType: "custom",
    logLevel: "error",
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { middlewareMode: true, watch: null, ws: false },
  });
  return { load: (path) => server.ssrLoadModule(path), close: () => server.close() };
}
