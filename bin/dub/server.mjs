import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".png": "image/png",
};

/** Threads need a cross-origin isolated page. */
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/**
 * The page and its models for the browser on this machine.
 * @param page folder of the page; `models` are further folders, or files, by the first part of their addresses.
 */
export async function serve({ page, models }) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (response.headersSent) return response.destroy();
      response.writeHead(500, ISOLATED);
      response.end(String(error.message));
    });
  });

  async function answer(request, response) {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = locate(decodeURIComponent(pathname));
    const found = file && (await stat(file).catch(() => undefined));
    if (!found?.isFile()) {
      response.writeHead(404, ISOLATED).end("not here");
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { ...ISOLATED, "Content-Type": type, "Content-Length": found.size });
    await pipeline(createReadStream(file), response);
  }

  function locate(pathname) {
    const [, first = "", ...rest] = pathname.split("/");
    const path = Object.hasOwn(models, first) ? join(models[first], ...rest) : join(page, pathname);
    const folder = Object.hasOwn(models, first) ? models[first] : page;
    if (path !== join(folder) && !path.startsWith(join(folder, sep))) return undefined;
    return pathname === "/" ? join(page, "index.html") : path;
  }

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
