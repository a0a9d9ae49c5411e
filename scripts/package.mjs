// npm run package: what is published, in lib/. Runs before `npm pack` by itself.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build, runnerImport } from "vite";
import { buildPage } from "../bin/dub/page.mjs";
import { root, run } from "./setup/run.mjs";

const lib = join(root, "lib");
const shipped = join(root, "build/package");
const declared = join(shipped, "types");

await packDefaultAvatar();
await build({ root, configFile: join(root, "vite.lib.config.ts"), logLevel: "warn" });
// Beside its encoder, for the command.
copyFileSync(join(root, "public/models/speech/speech.json"), join(lib, "speech.json"));
await buildPage();
await declareTypes();
await step(
  "@custom-elements-manifest/analyzer/cem.js",
  "analyze",
  "--config",
  "scripts/custom-elements.config.mjs",
);

/** One file for the whole avatar: bundlers that give files other names keep it whole. */
async function packDefaultAvatar() {
  const folder = join(root, "public/models/default");
  const { module } = await runnerImport(join(root, "src/avatar/container.ts"));
  const packed = await module.packAvatar(
    readFileSync(join(folder, "avatar.json"), "utf8"),
    async (name) => new Uint8Array(readFileSync(join(folder, name))),
  );
  mkdirSync(shipped, { recursive: true });
  writeFileSync(join(shipped, "default.lipsplat"), new Uint8Array(await packed.arrayBuffer()));
}

/** The declarations that the entries reach, their imports with the endings that Node's resolution asks for. */
async function declareTypes() {
  rmSync(declared, { recursive: true, force: true });
  await step("typescript/bin/tsc", "-p", "scripts/package.tsconfig.json");
  const entries = ["package/index", "package/define", "embed/client"].map((name) =>
    join(declared, `src/${name}.d.ts`),
  );
  const seen = new Set(entries);
  for (const file of seen) {
    // What is imported for its effects declares nothing.
    const source = readFileSync(file, "utf8").replace(/^import "[^"]*";\n/gm, "");
    const text = source.replace(/(from |import\()"(\.[^"]*)"/g, (_, before, path) => {
      seen.add(`${resolve(dirname(file), path)}.d.ts`);
      return `${before}"${path}.js"`;
    });
    const out = join(lib, "types", relative(join(declared, "src"), file));
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, text);
  }
}

async function step(entry, ...args) {
  const code = await run(process.execPath, [`node_modules/${entry}`, ...args]);
  if (code !== 0) process.exit(code);
}
