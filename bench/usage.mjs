// What processes use, by Linux' /proc.
import { readdir, readFile } from "node:fs/promises";

/** Of the processor's clock, a second. */
const TICKS = 100;

/**
 * What a process and all it has started hold, MB, and have used of the processor, seconds.
 * Memory that they share counts once (proportional set size).
 */
export async function usageOf(pid) {
  const parents = new Map();
  const ticks = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // The name of the program, in parentheses, may hold anything.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    if (fields.length < 13) continue;
    parents.set(Number(name), Number(fields[1]));
    ticks.set(Number(name), Number(fields[11]) + Number(fields[12]));
  }
  const mine = (one) => one === pid || (parents.has(one) && mine(parents.get(one)));
  let kilobytes = 0;
  let used = 0;
  for (const one of parents.keys()) {
    if (!mine(one)) continue;
    const rollup = await readFile(`/proc/${one}/smaps_rollup`, "utf8").catch(() => "");
    used += ticks.get(one) ?? 0;
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return { mb: kilobytes / 1024, cpu: used / TICKS };
}
