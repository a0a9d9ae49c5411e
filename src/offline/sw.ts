// The page without a network, after one visit. Models are no matter of this worker: they are kept by their content.

const worker = self as unknown as ServiceWorkerGlobalScope;
/** The build writes both. */
const VERSION = "__VERSION__";
const ASSETS = "__ASSETS__" as unknown as readonly string[];
const CACHE = `lipsplat-page-${VERSION}`;
const PAGES = ["/", "/embed.html"];
/** Small, and asked for anew as long as there is a network. */
const FRESH =
  /^\/(?:samples\/.+|icons?[./-].*|manifest\.webmanifest|models\/[\w-]+\/(?:avatar\.json|poster\.webp|speech\.json))$/;
const FIRST = [
  "/icon.svg",
  "/manifest.webmanifest",
  "/models/default/avatar.json",
  "/models/default/poster.webp",
  "/models/speech/speech.json",
];

worker.addEventListener("install", (event) => {
  // What the page has fetched already comes out of the browser's own cache.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...PAGES, ...FIRST, ...ASSETS])));
});

// Only when no page of the last version is open any more: each keeps the parts that belong to it.
worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith("lipsplat-page-") && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("range")) return;
  if (ASSETS.includes(url.pathname)) event.respondWith(cacheFirst(request));
  else if (PAGES.includes(url.pathname)) event.respondWith(networkFirst(request, url.pathname));
  else if (FRESH.test(url.pathname)) event.respondWith(networkFirst(request, url.pathname));
});

async function cacheFirst(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** @param key without the query: it says what the page does, not which page it is. */
async function networkFirst(request: Request, key: string): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.ok && response.status === 200) {
      const cache = await caches.open(CACHE);
      await cache.put(key, response.clone()).catch(() => undefined);
    }
    return response;
  } catch (cause) {
    const kept = await caches.match(key, { ignoreVary: true });
    if (kept) return kept;
    throw cause;
  }
}
