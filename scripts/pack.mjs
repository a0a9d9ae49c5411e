// npm run pack -- FOLDER [FILE]: an avatar's folder as one .lipsplat file, checked on the way.
import { readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkNode, ensurePackages } from "./setup/node.mjs";
import { root } from "./setup/run.mjs";

const HELP = `npm run pack -- FOLDER [FILE]

Packs an avatar's folder (avatar.json and what it names) into one .lipsplat file, FOLDER.lipsplat where no FILE is given.
Every file is checked against the manifest, and compressed where that helps.`;

checkNode();
try {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [folder, file] = positionals;
  if (!folder) throw new Error(HELP);
  await ensurePackages();
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(join(root, "src/avatar/container.ts"), { configFile: false });
  const read = async (name) => new Uint8Array(await readFile(join(folder, name)));
  const packed = await module.packAvatar(new TextDecoder().decode(await read("avatar.json")), read);
  const out = file ?? `${basename(resolve(folder))}.lipsplat`;
  await writeFile(out, new Uint8Array(await packed.arrayBuffer()));
  console.log(`${out}: ${(packed.size / 1e6).toFixed(1)} MB`);
} catch (error) {
  // A file that is missing, a damaged avatar: one sentence, and what to do where it is known.
  console.error([error.message, error.hint].filter(Boolean).join(" "));
  process.exitCode = 1;
}
