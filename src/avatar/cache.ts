import { update } from "idb-keyval";

/** Files by content hash (what has come of one: by hash and `.part`): a warm start downloads nothing. Any refusal of the browser's storage means memory only. */
export interface FileCache {
  has(sha256: string): Promise<boolean>;
  read(sha256: string): Promise<ArrayBuffer | undefined>;
  write(sha256: string, data: ArrayBuffer): Promise<void>;
  remove(sha256: string): Promise<void>;
}

const STORE = "lipsplat-files-v1";
const INDEX = "lipsplat-files-v1";
// Oldest use goes first beyond this.
const MAX_BYTES = 512 * 2 ** 20;

type Index = Record<string, { bytes: number; used: number }>;

export function createFileCache(): FileCache {
  const address = (sha256: string) => new URL(`/.lipsplat/${sha256}`, self.location.origin).href;
  const touch = async (sha256: string, bytes: number) =>
    update<Index>(INDEX, (index) => ({ ...index, [sha256]: { bytes, used: Date.now() } }));

  async function evict(cache: Cache): Promise<void> {
    const dropped: string[] = [];
    await update<Index>(INDEX, (index = {}) => {
      const newestFirst = Object.entries(index).sort(([, a], [, b]) => b.used - a.used);
      let bytes = 0;
      const kept = newestFirst.filter(([, entry]) => {
        bytes += entry.bytes;
        return bytes <= MAX_BYTES;
      });
      dropped.push(...newestFirst.slice(kept.length).map(([sha256]) => sha256));
      return Object.fromEntries(kept);
    });
    for (const sha256 of dropped) await cache.delete(address(sha256));
  }

  return {
    async has(sha256) {
      try {
        return (await (await caches.open(STORE)).match(address(sha256))) !== undefined;
      } catch {
        return false;
      }
    },
    async read(sha256) {
      try {
        const response = await (await caches.open(STORE)).match(address(sha256));
        if (!response) return undefined;
        const data = await response.arrayBuffer();
        void touch(sha256, data.byteLength).catch(() => undefined);
        return data;
      } catch {
        return undefined;
      }
    },
    async write(sha256, data) {
      try {
        const cache = await caches.open(STORE);
        await cache.put(address(sha256), new Response(data));
        await touch(sha256, data.byteLength);
        await evict(cache);
      } catch {
        // Quota, private mode or no secure context: used from memory now, asked for again next time.
      }
    },
    async remove(sha256) {
      try {
        const found = await (await caches.open(STORE)).delete(address(sha256));
        if (found) await update<Index>(INDEX, ({ [sha256]: _, ...index } = {}) => index);
      } catch {
        // Nothing was stored.
      }
    },
  };
}
