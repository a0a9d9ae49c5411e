import { output, run } from "./run.mjs";

/** Installs a Debian package where apt-get and root are at hand. Resolves true where that worked. */
export async function aptInstall(...names) {
  if (process.getuid?.() !== 0 || output("apt-get", ["--version"]) === null) return false;
  console.log(`Installing ${names.join(", ")} (apt-get) …`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "-y", "-qq", "--no-install-recommends", ...names];
  if ((await run("apt-get", install, { env })) === 0) return true;
  await run("apt-get", ["update", "-qq"], { env });
  return (await run("apt-get", install, { env })) === 0;
}

/** Dawn in Node asks the system for Vulkan's loader: Chromium's package keeps its own to itself. */
export async function ensureVulkan() {
  if (process.platform !== "linux" || output("ldconfig", ["-p"])?.includes("libvulkan.so.1")) return;
  // Where nothing can be installed, the tests say what is missing.
  await aptInstall("libvulkan1");
}

/** The trainer's rasterizer is C++, built at its first use. */
export async function ensureCompiler() {
  if (output(process.env.CXX ?? "g++", ["--version"]) !== null) return;
  if (!(await aptInstall("g++"))) {
    throw new Error("The trainer needs a C++ compiler: install g++ or name another in CXX, then try again");
  }
}
