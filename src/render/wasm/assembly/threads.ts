import { doPart } from "./parts";

// Work that several threads share: a phase is cut into parts, whoever is free takes the next.

/** Phase (8 bits), number of parts (28), next part (28) in one word: who takes a part takes it of exactly this phase. */
const TICKET: usize = 256;
const FINISHED: usize = 320;
/** Changes when there is work. */
const CALLS: usize = 384;
const STOP: i32 = -1;

/** About 20 µs: cheaper than to sleep and be woken, where the wait is for the last part of a phase. */
const SPINS: i32 = 4000;
const WAIT_NANOSECONDS: i64 = 1_000_000;

/** Does a phase with the threads that are awake. `mayWait`: this is no page's main thread, which may only spin. */
export function run(phase: i32, parts: i32, threads: i32, mayWait: bool): void {
  if (!ASC_FEATURE_THREADS) {
    for (let part = 0; part < parts; part++) doPart(phase, part, 0);
    return;
  }
  atomic.store<i32>(FINISHED, 0);
  atomic.store<i64>(TICKET, ((<i64>phase) << 56) | ((<i64>parts) << 28));
  if (threads > 1) {
    atomic.store<i32>(CALLS, (atomic.load<i32>(CALLS) + 1) & 0x7fffffff);
    atomic.notify(CALLS, threads - 1);
  }
  help(0);
  let spins = 0;
  for (let done = atomic.load<i32>(FINISHED); done !== parts; done = atomic.load<i32>(FINISHED)) {
    if (mayWait && ++spins > SPINS) atomic.wait<i32>(FINISHED, done, WAIT_NANOSECONDS);
  }
}

/** Takes parts until none is left. */
function help(thread: i32): void {
  while (true) {
    const ticket = atomic.load<i64>(TICKET);
    const part = <i32>(ticket & 0xfffffff);
    const parts = <i32>((ticket >> 28) & 0xfffffff);
    if (part >= parts) return;
    if (atomic.cmpxchg<i64>(TICKET, ticket, ticket + 1) !== ticket) continue;
    doPart(<i32>(ticket >> 56), part, thread);
    if (atomic.add<i32>(FINISHED, 1) + 1 === parts) atomic.notify(FINISHED, 1);
  }
}

/** A helping thread's life: sleeps where there is nothing to do, ends at `stop`. */
export function serve(thread: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  while (true) {
    const call = atomic.load<i32>(CALLS);
    if (call === STOP) return;
    help(thread);
    let spins = 0;
    while (atomic.load<i32>(CALLS) === call && ++spins < SPINS) {}
    if (spins === SPINS) atomic.wait<i32>(CALLS, call, -1);
  }
}

export function stop(): void {
  if (!ASC_FEATURE_THREADS) return;
  atomic.store<i32>(CALLS, STOP);
  atomic.notify(CALLS, -1);
}
