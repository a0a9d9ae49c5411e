import { existsSync } from "node:fs";
import { findChromium } from "./chromium.mjs";
import { EXIT, Failure, fromPage } from "./failure.mjs";

/** A video that gains no frame for so long will not be finished. */
const STALLED_MS = 5 * 60_000;

const FLAGS = [
  "--no-first-run",
  "--disable-quic",
  "--disable-sync",
  "--disable-component-update",
  "--disable-background-networking",
  // Containers give /dev/shm 64 MB.
  "--disable-dev-shm-usage",
];
const GPU_FLAGS = [
  "--enable-unsafe-webgpu",
  "--ignore-gpu-blocklist",
  ...(process.platform === "linux" ? ["--enable-features=Vulkan", "--use-angle=vulkan"] : []),
];

/**
 * A headless Chromium on the page.
 * @param wish the renderer: `auto` takes a graphics card where the machine shows one.
 */
export async function openBrowser(
  address,
  { chromium: path = process.env.LIPSPLAT_CHROMIUM, renderer: wish },
) {
  const executablePath = path ?? (await findChromium());
  if (!executablePath || !existsSync(executablePath))
    throw new Failure(
      "no-chromium",
      path ? `There is no browser at ${path}.` : "No Chromium was found on this machine.",
      "Install chromium or Google Chrome (apt-get install chromium), or name one with --chromium.",
      EXIT.machine,
    );
  const renderer = wish === "auto" && !hasCard() ? "cpu" : wish;
  const { chromium } = await playwright();
  const args = [...FLAGS, ...(renderer === "cpu" ? ["--disable-gpu"] : GPU_FLAGS)];
  // Chromium's sandbox refuses to run as root, as containers do.
  const browser = await chromium
    .launch({
      executablePath,
      args,
      chromiumSandbox: process.getuid?.() !== 0,
      handleSIGINT: false,
      handleSIGTERM: false,
    })
    .catch((cause) => {
      const reason = String(cause.message).split("\n")[0];
      throw new Failure(
        "no-chromium",
        `${executablePath} does not start (${reason}).`,
        "Try it by hand with --headless, or name another with --chromium.",
        EXIT.machine,
      );
    });
  let hear = () => {};
  let page;
  try {
    page = await browser.newPage();
    await page.exposeFunction("onDubProgress", (progress) => hear(progress));
    await page.goto(address);
    await page.waitForFunction(() => globalThis.dub);
  } catch (cause) {
    await browser.close();
    throw cause;
  }

  return {
    /**
     * Renders one recording.
     * @param write takes (bytes, position).
     * @throws Failure
     */
    async render(job, { sound, image, write, onProgress }) {
      await page.setInputFiles("#sound", sound);
      await page.setInputFiles("#image", image ?? []);
      const end = Promise.withResolvers ? Promise.withResolvers() : withResolvers();
      const broken = (what) => () => end.reject(new Failure("export-failed", `The browser ${what}.`, HINT));
      const [crash, leave] = [broken("ran out of memory or crashed"), broken("ended")];
      page.once("crash", crash);
      browser.once("disconnected", leave);
      let timer;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(broken(`made no frame for ${STALLED_MS / 60_000} minutes`), STALLED_MS);
      };
      alive();
      hear = (progress) => {
        alive();
        onProgress(progress);
      };
      try {
        const rendering = page.evaluate((wanted) => globalThis.dub(wanted), { ...job, renderer });
        const carrying = carry(page, write);
        for (const work of [rendering, carrying]) work.catch(() => undefined);
        const [{ error }] = await Promise.race([Promise.all([rendering, carrying]), end.promise]);
        if (error) throw fromPage(error);
      } finally {
        clearTimeout(timer);
        page.off("crash", crash);
        browser.off("disconnected", leave);
      }
    },
    close: () => browser.close().catch(() => undefined),
  };
}

/** Asks the page for the file, part by part, until there is no more of it. */
async function carry(page, write) {
  for (let failure = null; ; ) {
    const part = await page.evaluate((told) => globalThis.takePart(told), failure);
    if (!part) return;
    failure = await write(Buffer.from(part.base64, "base64"), part.position).then(
      () => null,
      ({ code, message }) => (code === "ENOSPC" || code === "EDQUOT" ? "disk-full" : String(message)),
    );
  }
}

const HINT = "Try it again; if it stays, use a smaller size or a machine with more memory.";

/** Node 20 lacks Promise.withResolvers. */
function withResolvers() {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
}

const hasCard = () =>
  process.platform !== "linux" || ["/dev/dri/renderD128", "/dev/nvidia0"].some((path) => existsSync(path));

async function playwright() {
  try {
    return await import("playwright-core");
  } catch {
    throw new Failure(
      "no-playwright",
      "The package playwright-core is missing.",
      "Run npm install playwright-core, then try again.",
      EXIT.machine,
    );
  }
}
