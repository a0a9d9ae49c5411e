import { createFileCache } from "./cache";
import { parseAvatar } from "./schema";
import { openSource } from "./source";

/** What an avatar is, and costs, before it is fetched. */
export interface AvatarDescription {
  readonly name: string;
  /** The person's statement; null: nobody has given one. */
  readonly consent: string | null;
  readonly licence: string;
  readonly gaussians: number;
  /** What is fetched to bring it alive, and how much of that is on this machine already. */
  readonly bytes: number;
  readonly cachedBytes: number;
}

/**
 * Reads only the manifest.
 * @param url as `loadAvatar` takes it.
 * @throws LipsplatError `bundle-unreachable`, `bundle-newer` or `bundle-corrupt`.
 */
export async function describeAvatar(url: URL): Promise<AvatarDescription> {
  const { name, consent, licence, gaussians, files } = parseAvatar((await openSource(url)).manifest);
  const { poster: _, ...needed } = files;
  const cache = createFileCache();
  let bytes = 0;
  let cachedBytes = 0;
  for (const file of Object.values(needed)) {
    if (!file) continue;
    bytes += file.bytes;
    if (await cache.has(file.sha256)) cachedBytes += file.bytes;
  }
  return { name, consent, licence, gaussians, bytes, cachedBytes };
}
