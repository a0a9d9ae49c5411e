import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT, Failure } from "./failure.mjs";

/** The package's own folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

const source = join(root, "src/dub/headless");
const built = join(root, "build/dub");
/** What the page is made of. */
const SOURCES = ["src", "shaders", "package-lock.json"];

/** Folder of the built page; built here first where this is a checkout whose sources are newer. */
export async function pageFolder() {
  const page = join(built, "index.html");
  if (!existsSync(source)) {
    if (existsSync(page)) return built;
    throw new Failure(
      "no-page",
      "The package is incomplete: it holds no built page.",
      "Install lipsplat again.",
      EXIT.machine,
    );
  }
  if (
    !existsSync(page) ||
    statSync(page).mtimeMs < Math.max(...SOURCES.map((path) => newest(join(root, path))))
  ) {
    await buildPage();
  }
  return built;
}

/** Also part of making the package. */
export async function buildPage() {
  const [{ build }, { wasm }, { wgsl }] = await Promise.all([
    import("vite"),
    import("../../scripts/setup/wasm.mjs"),
    import("../../scripts/setup/wgsl.mjs"),
  ]);
  // Moved when it is whole: another process may be reading.
  const unfinished = `${built}.${process.pid}`;
  await build({
    root: source,
    configFile: false,
    plugins: [wasm()],
    logLevel: "error",
    publicDir: false,
    worker: { format: "es", plugins: () => [wgsl()] },
    build: { target: "es2023", outDir: unfinished, emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
  });
  rmSync(built, { recursive: true, force: true });
  renameSync(unfinished, built);
}

/** Milliseconds of the last change in a folder. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  // What is compiled on the way is no source.
  const entries = readdirSync(path).filter((name) => name !== "build");
  return Math.max(0, ...entries.map((name) => newest(join(path, name))));
}
