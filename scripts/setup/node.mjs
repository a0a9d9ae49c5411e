import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must, root } from "./run.mjs";

const oldest = 20;

/** Stops with a plain sentence where Node is too old. */
export function checkNode() {
  if (Number(process.versions.node.split(".")[0]) >= oldest) return;
  console.error(
    `lipsplat needs Node ${oldest} or later; this is ${process.versions.node}. Get one from https://nodejs.org and try again.`,
  );
  process.exit(1);
}

/** Installs the locked packages where any is missing or of another version. */
export async function ensurePackages() {
  if (packagesMatch()) return;
  console.log("Installing the packages (npm ci), once; this can take a minute …");
  await must(
    "npm",
    ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    "The packages could not be installed: check the network, then try again",
  );
}

// Versions are compared, not file times: a checkout touches the lock file without changing it.
function packagesMatch() {
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const { packages: wanted } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { packages: found } = JSON.parse(readFileSync(installed, "utf8"));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || found[path]?.version === version || (optional && !found[path]),
  );
}
