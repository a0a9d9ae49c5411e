import { get, set } from "idb-keyval";
import type { ProbeMemory, Timings } from "./probe";

/** Goes up when frame times of old no longer tell those of now. */
const VERSION = 1;

/** What was timed under this key on earlier visits. Any refusal of the browser's storage means: nothing. */
export function createProbeMemory(key: string): ProbeMemory {
  const name = `lipsplat-probe-v${VERSION} ${key}`;
  return {
    read: async () => (await get<Timings>(name).catch(() => undefined)) ?? {},
    write: (timings) => set(name, timings).catch(() => undefined),
  };
}
