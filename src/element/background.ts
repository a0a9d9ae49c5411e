import { LipsplatError } from "../player/errors";
import type { Background } from "../render/background";

const bad = (what: string, cause?: unknown) =>
  new LipsplatError(
    "bad-option",
    `${what} is no background: "avatar", "transparent", a CSS colour, url(…) or an image.`,
    {
      cause,
    },
  );

/**
 * What `background` says: `avatar` (also empty), `transparent`, a CSS colour or `url(…)`; or an image at hand.
 * @throws LipsplatError `bad-option` where it is none of these, or its image cannot be fetched or decoded.
 */
export async function readBackground(wanted: unknown): Promise<Background> {
  if (wanted instanceof ImageBitmap) return { image: wanted };
  if (wanted instanceof Blob) return { image: await decode(wanted, "the file") };
  if (typeof wanted !== "string") throw bad(String(wanted));
  const text = wanted.trim();
  if (text === "" || text === "avatar") return "avatar";
  if (text === "transparent") return "transparent";
  const [, address] = /^url\(\s*["']?(.*?)["']?\s*\)$/.exec(text) ?? [];
  if (address === undefined) {
    if (CSS.supports("color", text)) return { color: text };
    throw bad(`"${text}"`);
  }
  let response: Response;
  try {
    response = await fetch(new URL(address, document.baseURI));
  } catch (cause) {
    throw bad(`${address}, which does not answer,`, cause);
  }
  if (!response.ok) throw bad(`${address}, which answered ${response.status},`);
  return { image: await decode(await response.blob(), address) };
}

async function decode(image: Blob, name: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(image);
  } catch (cause) {
    throw bad(name, cause);
  }
}
