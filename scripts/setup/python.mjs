import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, output, root } from "./run.mjs";
import { aptInstall } from "./system.mjs";

const folder = join(root, "trainer/.venv");
const stamp = join(folder, ".installed");

/** The trainer's Python. */
export const python =
  process.platform === "win32" ? join(folder, "Scripts/python.exe") : join(folder, "bin/python");

/** Makes trainer/.venv and installs the trainer with its tests, again only where pyproject.toml changed. */
export async function ensureTrainer() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "trainer/pyproject.toml")))
    .digest("hex");
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing the trainer (trainer/.venv), once; this can take some minutes …");
  if (!existsSync(python)) await makeEnvironment();
  const pip = (...args) =>
    must(
      python,
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...args],
      "The trainer could not be installed",
    );
  // torch by itself first: found beside it, mediapipe's and onnxruntime's needs never pull in another build of it.
  await pip("torch==2.13.0");
  await pip("-e", "./trainer[test]");
  writeFileSync(stamp, wanted);
}

async function makeEnvironment() {
  const system = systemPython();
  if (!system) {
    throw new Error(
      "The trainer needs Python 3.10, 3.11 or 3.12 (mediapipe has no wheel for others): install one, then try again",
    );
  }
  const make = () =>
    must(system, ["-m", "venv", "--clear", folder], "No Python environment could be made in trainer/.venv");
  try {
    await make();
  } catch (error) {
    // Debian keeps venv in a package of its own.
    if (!(await aptInstall("python3-venv"))) throw error;
    await make();
  }
}

function systemPython() {
  const probe = "import sys; print(*sys.version_info[:2], sep='.')";
  const fits = (name) => ["3.10", "3.11", "3.12"].includes(output(name, ["-c", probe]) ?? "");
  return ["python3.11", "python3.12", "python3.10", "python3", "python"].find(fits) ?? null;
}
