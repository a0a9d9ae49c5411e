import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const SOURCES = ["src", "shaders", "bin", "public/models", "scripts", "package.json", "vite.lib.config.ts"];
const out = join(root, "build/package");
const tarball = join(out, "lipsplat.tgz");

/** Where the examples find it, as `npm install` would leave it. */
export const installed = join(root, "examples/node_modules/lipsplat");

/** Packs the package and installs it for the examples, where a source is newer. @returns the tarball's path. */
export function ensurePackage() {
  if (newest(tarball) > Math.max(...SOURCES.map((path) => newest(join(root, path))))) return tarball;
  mkdirSync(out, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  must("npm", ["pack", "--pack-destination", out]);
  renameSync(join(out, `lipsplat-${version}.tgz`), tarball);
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  must("tar", ["xzf", tarball, "--strip-components=1", "-C", installed]);
  return tarball;
}

function must(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
}

/** Milliseconds; 0 where there is no such file. What is built in between is no source. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  const names = readdirSync(path).filter((name) => name !== "build");
  return Math.max(0, ...names.map((name) => newest(join(path, name))));
}
