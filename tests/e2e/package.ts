import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackage, installed } from "../../scripts/setup/package.mjs";
import { voice } from "./sound";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".mp3": "audio/mpeg",
  ".flac": "audio/flac",
};
const root = fileURLToPath(new URL("../../", import.meta.url));

/** The packed package beside `examples/html`, as any file host serves them: no headers, no isolation. @returns its address. */
export async function servePackage(): Promise<{ address: string; server: Server }> {
  ensurePackage();
  const places: [prefix: string, folder: string][] = [
    ["/lipsplat/", join(installed, "lib")],
    ["/greeting.mp3", join(root, "public/samples/greeting.mp3")],
    ["/voice.flac", voice],
    ["/", join(root, "examples/html")],
  ];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const [prefix, folder] = places.find(([start]) => path.startsWith(start)) ?? ["/", root];
    const rest = path.slice(prefix.length);
    const file = extname(folder) ? folder : join(folder, rest || "index.html");
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  return { address: `http://localhost:${address.port}/`, server };
}
