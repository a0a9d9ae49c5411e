import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's root, where every command runs. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a command with its output passed through. Resolves with its exit code (127 where it does not exist). */
export function run(command, args, { env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: "inherit",
      shell: needsShell(command),
    });
    const forward = (signal) => child.kill(signal);
    process.once("SIGTERM", forward);
    child.on("error", () => resolve(127));
    child.on("close", (code) => {
      process.off("SIGTERM", forward);
      resolve(code ?? 1);
    });
  });
}

/** Runs a command that must succeed; `why` finishes the sentence that is shown when it does not. */
export async function must(command, args, why, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`${why} (${command} ${args.join(" ")} ended with ${code})`);
}

/** What a command prints, trimmed; null where it fails or does not exist. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    shell: needsShell(command),
  });
  return status === 0 ? stdout.trim() : null;
}

// On Windows npm is a .cmd file, which only a shell can start.
function needsShell(command) {
  return process.platform === "win32" && command === "npm";
}
