import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { runnerImport } from "vite";
import { embedOrigins, headersFile, headersFor } from "./headers.mjs";
import { root } from "./run.mjs";

const brotli = promisify(brotliCompress);
const TYPES = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};
/** Addresses that others know: the service worker's, and the client of embed.html for pages without a build. */
const FIXED_NAMES = { sw: "sw.js", client: "embed.js" };
const OFFLINE_TOO = /\.(js|css|wasm)$/;

/** How the site reaches its visitors: two pages, headers, what works without a network, as few bytes as may be. */
export function delivery() {
  let folder = "";
  /** The bench builds other pages with the same configuration. */
  let isSite = false;
  return {
    name: "lipsplat-delivery",
    config(config) {
      const own = config.root ?? process.cwd();
      isSite = existsSync(join(own, "embed.html"));
      if (!isSite) return undefined;
      const input = {
        index: join(own, "index.html"),
        embed: join(own, "embed.html"),
        client: join(own, "src/embed/client.ts"),
        sw: join(own, "src/offline/sw.ts"),
      };
      const entryFileNames = ({ name }) => FIXED_NAMES[name] ?? "assets/[name]-[hash].js";
      const rolldownOptions = { input, output: { entryFileNames }, preserveEntrySignatures: "exports-only" };
      return { build: { rolldownOptions } };
    },
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith("/")) folder = config.build.outDir;
    },
    transformIndexHtml: (html) =>
      html.replace(/(<meta name="lipsplat-origins" content=")[^"]*/, `$1${embedOrigins}`),
    generateBundle(_, bundle) {
      const worker = bundle["sw.js"];
      if (!isSite || worker?.type !== "chunk") return;
      const assets = Object.keys(bundle).filter(
        (name) => name.startsWith("assets/") && OFFLINE_TOO.test(name),
      );
      const version = createHash("sha256").update(assets.sort().join()).digest("hex").slice(0, 12);
      worker.code = worker.code
        .replace("__VERSION__", version)
        .replace(/["'`]__ASSETS__["'`]/, JSON.stringify(assets.map((name) => `/${name}`)));
      this.emitFile({ type: "asset", fileName: "_headers", source: headersFile });
    },
    async closeBundle(error) {
      if (!isSite || error || !existsSync(join(folder, "index.html"))) return;
      await packModels(folder);
      await precompress(folder);
    },
    configureServer(server) {
      // Its own client needs inline styles and a socket.
      server.middlewares.use(
        sendHeaders((name) => name !== "Content-Security-Policy" && name !== "Cache-Control"),
      );
    },
    configurePreviewServer(server) {
      // What the bench measures of others may need more than our policy gives.
      server.middlewares.use(sendHeaders((name) => isSite || name !== "Content-Security-Policy"));
      server.middlewares.use(sendBrotli(folder));
    },
  };
}

const sendHeaders = (wanted) => (request, response, next) => {
  const headers = headersFor(pathOf(request));
  for (const [name, value] of Object.entries(headers)) if (wanted(name)) response.setHeader(name, value);
  next();
};

const pathOf = (request) => new URL(request.url ?? "/", "http://host").pathname;

/** As hosts do that find `x.br` beside `x`. */
const sendBrotli = (folder) => async (request, response, next) => {
  const path = pathOf(request).replace(/\/$/, "/index.html");
  const type = TYPES[extname(path)];
  const { range, "accept-encoding": accepted = "" } = request.headers;
  if (!type || range || request.method !== "GET" || !/\bbr\b/.test(accepted) || path.includes(".."))
    return next();
  const file = join(folder, `${path}.br`);
  const found = await stat(file).catch(() => undefined);
  if (!found) return next();
  const etag = `W/"${found.size}-${found.mtimeMs}"`;
  response.setHeader("Vary", "Accept-Encoding");
  response.setHeader("ETag", etag);
  if (request.headers["if-none-match"] === etag) return response.writeHead(304).end();
  response.writeHead(200, { "Content-Type": type, "Content-Encoding": "br", "Content-Length": found.size });
  response.end(await readFile(file));
};

/** Models are packed by themselves: hosts leave files of unknown kinds as they are, and so the bytes are known ahead. */
async function packModels(folder) {
  const { module } = await runnerImport(join(root, "src/avatar/container.ts"), {
    configFile: false,
    logLevel: "error",
  });
  const avatar = join(folder, "models/default");
  const read = (from) => async (name) => new Uint8Array(await readFile(join(from, name)));
  const { manifest, files } = await module.compressAvatar(
    await readFile(join(avatar, "avatar.json"), "utf8"),
    read(avatar),
  );
  for (const [name, data] of files) await writeFile(join(avatar, name), data);
  await writeFile(join(avatar, "avatar.json"), manifest);

  const speech = join(folder, "models/speech");
  const model = JSON.parse(await readFile(join(speech, "speech.json"), "utf8"));
  for (const part of [model, model.cues]) {
    if (!part) continue;
    const { file, data } = await module.compressFile(part.file, read(speech));
    await writeFile(join(speech, file.path), data);
    part.file = file;
  }
  await writeFile(join(speech, "speech.json"), JSON.stringify(model));
}

/** Leaves `x.br` beside every `x` that is worth it; what was compressed before is taken from a cache. */
async function precompress(folder) {
  const cache = join(root, "node_modules/.cache/lipsplat");
  await mkdir(cache, { recursive: true });
  const names = (await readdir(folder, { recursive: true })).filter(
    (name) => extname(name) in TYPES && !name.startsWith("models"),
  );
  await Promise.all(
    names.map(async (name) => {
      const data = await readFile(join(folder, name));
      if (data.length < 1024) return;
      const kept = join(cache, `${createHash("sha256").update(data).digest("hex")}.br`);
      const packed = await readFile(kept).catch(async () => {
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: 9,
          [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
        };
        const fresh = await brotli(data, { params });
        // Renamed when it is whole: another process may be reading.
        const unfinished = `${kept}.${process.pid}`;
        await writeFile(unfinished, fresh);
        await rename(unfinished, kept);
        return fresh;
      });
      await writeFile(join(folder, `${name}.br`), packed);
    }),
  );
}
