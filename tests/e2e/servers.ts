import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on a port of its own, until `close`. */
export interface Host {
  readonly origin: string;
  /** Paths that were asked for, with their ranges. */
  readonly asked: readonly { readonly path: string; readonly range: string | undefined }[];
  close(): void;
}

/** @param name `127.0.0.1` is another site than the tests' `localhost`, not only another port. */
async function listen(
  answer: (request: IncomingMessage, response: ServerResponse, path: string) => void,
  name: string,
): Promise<Host> {
  const asked: { path: string; range: string | undefined }[] = [];
  const server: Server = createServer((incoming, response) => {
    const path = new URL(incoming.url ?? "/", "http://host").pathname;
    asked.push({ path, range: incoming.headers.range });
    answer(incoming, response, path);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${name}:${port}`,
    asked,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** One page on another site. */
export const hostPage = (html: string): Promise<Host> =>
  listen(
    (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end(html),
    "127.0.0.1",
  );

/**
 * The tests' own site by another port, which hangs up after so many bytes of a path's body, once each.
 * @param extra files beside the site's, by path; ranges of them are served.
 */
export const proxy = (
  target: string,
  breaks: Map<string, number>,
  extra: ReadonlyMap<string, Buffer> = new Map(),
): Promise<Host> =>
  listen((incoming, response, path) => {
    const file = extra.get(path);
    if (file) return sendFile(file, incoming, response);
    const { headers, method = "GET", url = "/" } = incoming;
    const forward = request(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      const limit = breaks.get(path);
      if (limit === undefined) return void answer.pipe(response);
      breaks.delete(path);
      let sent = 0;
      answer.on("data", (chunk: Buffer) => {
        const part = chunk.subarray(0, limit - sent);
        sent += part.length;
        // What is written has to be on its way before the line is cut.
        if (part.length > 0)
          response.write(part, () => sent >= limit && setTimeout(() => response.destroy(), 100));
      });
    });
    forward.on("error", () => response.destroy());
    forward.end();
  }, "localhost");

function sendFile(file: Buffer, { headers }: IncomingMessage, response: ServerResponse): void {
  const [, first, last] = /bytes=(\d+)-(\d*)/.exec(headers.range ?? "") ?? [];
  const from = Number(first ?? 0);
  const to = last ? Math.min(Number(last) + 1, file.length) : file.length;
  response.writeHead(first === undefined ? 200 : 206, {
    "content-type": "application/octet-stream",
    "content-length": to - from,
    ...(first !== undefined && { "content-range": `bytes ${from}-${to - 1}/${file.length}` }),
  });
  response.end(file.subarray(from, to));
}
