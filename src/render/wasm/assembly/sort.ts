import { DROPPED, scene } from "./scene";

/** Bytes of scratch: a counter for each digit. */
export const SORT_BYTES: usize = 8192;
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 2048;

/** Ranks the Gaussians that are drawn, nearest first, then by index: a stable radix sort over the keys' own range. */
export function sort(counters: usize): void {
  const ranked = scene.ranked;
  const keys = scene.depthKeys;
  const count = scene.count;
  let least: u32 = DROPPED;
  let most: u32 = 0;
  let end = ranked;
  for (let i = 0; i < count; i++) {
    const key = load<u32>(keys + ((<usize>i) << 2));
    if (key === DROPPED) continue;
    store<u32>(end, <u32>i);
    store<u32>(end, key, 4);
    end += 8;
    least = min(least, key);
    most = max(most, key);
  }
  scene.drawn = <i32>((end - ranked) >> 3);
  if (scene.drawn < 2) return;
  const bits: u32 = 32 - clz<u32>(most - least);
  for (let shift: u32 = 0; shift < bits; shift += DIGIT_BITS) sortByDigit(counters, least, shift);
}

function sortByDigit(counters: usize, least: u32, shift: u32): void {
  const from = scene.ranked;
  const to = scene.rankedSpare;
  const end = from + ((<usize>scene.drawn) << 3);
  memory.fill(counters, 0, DIGITS << 2);
  for (let at = from; at < end; at += 8) {
    const counter = counters + digit(at, least, shift);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  let place: u32 = 0;
  for (let counter = counters; counter < counters + (DIGITS << 2); counter += 4) {
    const many = load<u32>(counter);
    store<u32>(counter, place);
    place += many;
  }
  for (let at = from; at < end; at += 8) {
    const counter = counters + digit(at, least, shift);
    const rank = load<u32>(counter);
    store<u32>(counter, rank + 1);
    store<u64>(to + ((<usize>rank) << 3), load<u64>(at));
  }
  scene.ranked = to;
  scene.rankedSpare = from;
}

/** The digit, times 4. */
function digit(at: usize, least: u32, shift: u32): usize {
  return (<usize>(((load<u32>(at, 4) - least) >> shift) & (<u32>DIGITS - 1))) << 2;
}
