// What the site is served with: by `vite preview` and `vite`, and by hosts that read `_headers` (Netlify, Cloudflare Pages).

/** Pages that may frame and drive embed.html, apart by spaces; `*` for all. */
export const embedOrigins = process.env.LIPSPLAT_EMBED_ORIGINS?.trim() || "*";

/** No `unsafe-eval`, no inline script or style. Avatars, sounds and backgrounds may come from any https address. */
const policy = (workers, ancestors) =>
  [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `worker-src ${workers}`,
    "style-src 'self'",
    "img-src 'self' https: data: blob:",
    "media-src 'self' https: data: blob:",
    "connect-src 'self' https: data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    ...(ancestors ? [`frame-ancestors ${ancestors}`] : []),
  ].join("; ");

/** On every answer. With the first two WASM gets threads; where they cannot be sent all works on one. */
const everywhere = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  // Elements and frames on other sites may load all of it.
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Permissions-Policy":
    "microphone=(self), autoplay=(self), fullscreen=(self), camera=(), geolocation=(), payment=(), usb=()",
  "Referrer-Policy": "strict-origin-when-cross-origin",
  "X-Content-Type-Options": "nosniff",
};

const page = { "Content-Security-Policy": policy("'self'", "'self'"), "Cache-Control": "no-cache" };
const embed = {
  "Content-Security-Policy": policy("'self'", embedOrigins),
  // Threads in a frame of a page that is not isolated itself.
  "Document-Isolation-Policy": "isolate-and-require-corp",
  "Cache-Control": "no-cache",
};

/** By path; a `*` ends it. Hosts join the values of all rules that fit, so no header stands in two of them. */
const rules = {
  "/*": everywhere,
  "/": page,
  "/index.html": page,
  "/embed.html": embed,
  // As Cloudflare Pages calls it.
  "/embed": embed,
  // A worker has the policy of its own script. The AAC encoder's is made of a blob, by the worker that makes videos.
  "/assets/*": {
    "Content-Security-Policy": policy("'self' blob:"),
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=31536000, immutable",
  },
  "/embed.js": { "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache" },
  "/models/*": { "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache" },
};

/** @param path of an address, without its query. */
export function headersFor(path) {
  const fits = (pattern) =>
    pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
  return Object.assign(
    {},
    ...Object.entries(rules).map(([pattern, headers]) => (fits(pattern) ? headers : {})),
  );
}

/** Text of `_headers`. */
export const headersFile = Object.entries(rules)
  .map(
    ([pattern, headers]) =>
      `${pattern}\n${Object.entries(headers)
        .map(([name, value]) => `  ${name}: ${value}\n`)
        .join("")}`,
  )
  .join("\n");
