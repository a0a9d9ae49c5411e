import { expect, test } from "vitest";
import { createExchange } from "../../src/render/exchange";

function thing(name: string) {
  const self = {
    name,
    alive: true,
    destroy() {
      self.alive = false;
    },
  };
  return self;
}

/** Node 20 lacks Promise.withResolvers. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((kept) => {
    resolve = kept;
  });
  return { promise, resolve };
}

test("what is in use stays until the next is made and a frame ends", async () => {
  const [first, second] = [thing("first"), thing("second")];
  const exchange = createExchange(first);
  const made = deferred<typeof second>();
  const prepared = exchange.prepare(() => made.promise);
  expect(exchange.settle()).toBe(first);
  made.resolve(second);
  await prepared;
  expect(exchange.current).toBe(first);
  expect(first.alive).toBe(true);
  expect(exchange.settle()).toBe(second);
  expect(first.alive).toBe(false);
});

test("of several wishes the latest is met, whichever is made first, and nothing is left over", async () => {
  const things = [thing("first"), thing("slow"), thing("quick")] as const;
  const exchange = createExchange(things[0]);
  const slow = deferred<(typeof things)[1]>();
  const both = [exchange.prepare(() => slow.promise), exchange.prepare(async () => things[2])];
  slow.resolve(things[1]);
  await Promise.all(both);
  expect(exchange.settle()).toBe(things[2]);
  expect(things.map(({ alive }) => alive)).toEqual([false, false, true]);
});

test("what is made after the end is destroyed at once", async () => {
  const [first, late] = [thing("first"), thing("late")];
  const exchange = createExchange(first);
  const made = deferred<typeof late>();
  const prepared = exchange.prepare(() => made.promise);
  exchange.destroy();
  made.resolve(late);
  await prepared;
  expect([first.alive, late.alive]).toEqual([false, false]);
});
