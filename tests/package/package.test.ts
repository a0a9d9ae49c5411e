import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build } from "vite";
import { beforeAll, expect, it } from "vitest";
import { ensurePackage, installed } from "../../scripts/setup/package.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const lib = join(installed, "lib");
const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
const read = (name: string) => readFileSync(join(lib, name), "utf8");

let tarball = "";
beforeAll(() => {
  tarball = ensurePackage();
}, 600_000);

it("is what publint asks of a package", async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
}, 60_000);

it("has types that every resolution of modules finds", () => {
  const { status, stdout } = node(
    "node_modules/@arethetypeswrong/cli/dist/index.js",
    tarball,
    "--profile",
    "esm-only",
  );
  expect(status, stdout).toBe(0);
}, 300_000);

it("can be imported on a server, which then has no element", () => {
  const script = `const { LipSplatElement, LipsplatError } = await import("lipsplat/define");
    console.log(LipSplatElement.name.length > 0, new LipsplatError("disposed").hint, typeof customElements);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: join(root, "examples"),
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.trim()).toBe("true Make another element. undefined");
});

it("shows itself with 15 kB, and fetches the rest when it is wanted", () => {
  const first = reached(["define.js"], (code) => staticImports(code));
  const bytes = first.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
  console.log(`first paint: ${(bytes / 1000).toFixed(1)} kB gzip in ${first.length} modules`);
  expect(bytes).toBeLessThan(15_000);
});

it("tells editors of its attributes, events, methods and parts", () => {
  const { modules } = JSON.parse(read("custom-elements.json"));
  const [element] = modules[0].declarations;
  const names = (list: { name: string }[]) => list.map(({ name }) => name);
  expect(element.tagName).toBe("lip-splat");
  expect(names(element.attributes)).toEqual(
    expect.arrayContaining([
      "src",
      "speech",
      "poster",
      "loading",
      "autoplay",
      "muted",
      "controls",
      "background",
    ]),
  );
  expect(names(element.events)).toEqual(
    expect.arrayContaining(["canplay", "speechstart", "metrics", "fallback", "error"]),
  );
  expect(names(element.members)).toEqual(
    expect.arrayContaining([
      "dub",
      "attachStream",
      "pushAudio",
      "flush",
      "interrupt",
      "captureStream",
      "exportVideo",
    ]),
  );
  expect(names(element.members).filter((name) => name.startsWith("#"))).toEqual([]);
  expect(names(element.cssParts)).toContain("controls");
});

it.each(["react", "vue", "svelte"])(
  "is taken along by a bundler: %s",
  async (framework) => {
    const outDir = join(root, "build/examples", framework);
    const folder = join(root, "examples", framework);
    await build({
      root: folder,
      logLevel: "error",
      build: { outDir, emptyOutDir: true, reportCompressedSize: false },
    });
    const built = readdirSync(join(outDir, "assets"));
    for (const part of [
      /^render\.worker.*\.js$/,
      /^speech\.worker.*\.js$/,
      /\.lipsplat$/,
      /\.onnx$/,
      /\.wasm$/,
    ])
      expect(
        built.some((name) => part.test(name)),
        String(part),
      ).toBe(true);
  },
  300_000,
);

/** All modules of the package that these lead to. */
function reached(entries: string[], imports: (code: string) => string[]): string[] {
  const found = new Set(entries);
  for (const name of found) for (const next of imports(read(name))) found.add(next);
  return [...found];
}

/** `from"./x.js"` and `import"./x.js"`, not `import("./x.js")`. */
const staticImports = (code: string) =>
  [...code.matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)].flatMap(([, name]) => name ?? []);
