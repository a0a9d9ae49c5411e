import { expect, test, vi } from "vitest";
import { chooseByTime, type ProbeMemory, pickWay, type Timings, type Way } from "../../src/render/probe";

const WAYS: Way[] = [
  { name: "tiles", exact: true },
  { name: "quads", exact: true },
  { name: "quads-fast", exact: false },
];

const ENOUGH = 4;

function memory(timings: Timings = {}): ProbeMemory & { held: Timings } {
  const self = {
    held: timings,
    read: async () => self.held,
    write: async (written: Timings) => {
      self.held = written;
    },
  };
  return self;
}

/** Candidates whose frames take the given milliseconds; a missing one cannot be made. */
function machine(frameMs: Readonly<Record<string, number>>) {
  const alive = new Set<string>();
  const timed: string[] = [];
  return {
    alive,
    timed,
    async create({ name }: Way) {
      if (frameMs[name] === undefined) throw new Error(`no ${name} here`);
      alive.add(name);
      return { name, destroy: () => alive.delete(name) };
    },
    async time({ name }: { name: string }) {
      timed.push(name);
      return frameMs[name] ?? Number.NaN;
    },
  };
}

test("the fastest exact way is taken, and nothing else stays alive", async () => {
  const { create, time, alive } = machine({ tiles: 20, quads: 10, "quads-fast": 9 });
  const chosen = await chooseByTime(WAYS, memory(), create, time, ENOUGH);
  expect(chosen.name).toBe("quads");
  expect([...alive]).toEqual(["quads"]);
});

test("what was timed before is not timed again", async () => {
  const known = memory();
  const first = machine({ tiles: 20, quads: 10, "quads-fast": 9 });
  await chooseByTime(WAYS, known, first.create, first.time, ENOUGH);
  const second = machine({ tiles: 1, quads: 30, "quads-fast": 9 });
  const chosen = await chooseByTime(WAYS, known, second.create, second.time, ENOUGH);
  expect(chosen.name).toBe("quads");
  expect(second.timed).toEqual([]);
});

test("a way that cannot be made, or no longer, gives place to the next", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const never = machine({ quads: 10, "quads-fast": 9 });
  expect((await chooseByTime(WAYS, memory(), never.create, never.time, ENOUGH)).name).toBe("quads");
  const noLonger = machine({ tiles: 20 });
  const known = memory({ tiles: 20, quads: 10, "quads-fast": 9 });
  expect((await chooseByTime(WAYS, known, noLonger.create, noLonger.time, ENOUGH)).name).toBe("tiles");
  expect([...noLonger.alive]).toEqual(["tiles"]);
});

test("where nothing can be made, the reason comes out", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const { create, time } = machine({});
  await expect(chooseByTime(WAYS, memory(), create, time, ENOUGH)).rejects.toThrow("no quads-fast here");
});

test("a way whose frames fail is passed over, and tried again another time", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const known = memory();
  const { create, time, alive } = machine({ tiles: 20, quads: 10, "quads-fast": 30 });
  const failing = async (candidate: { name: string }) => {
    if (candidate.name === "quads") throw new Error("device lost");
    return time(candidate);
  };
  expect((await chooseByTime(WAYS, known, create, failing, ENOUGH)).name).toBe("tiles");
  expect([...alive]).toEqual(["tiles"]);
  expect(known.held).not.toHaveProperty("quads");
});

test("a machine that is fast enough is not kept waiting by further trials", async () => {
  const { create, time, timed } = machine({ tiles: 2, quads: 1, "quads-fast": 1 });
  expect((await chooseByTime(WAYS, memory(), create, time, ENOUGH)).name).toBe("tiles");
  expect(timed).toEqual(["tiles"]);
});

test("a coarse picture is taken only where exact ones cannot hold 25 frames a second", () => {
  expect(pickWay(WAYS, { tiles: 39, quads: 45, "quads-fast": 10 })?.name).toBe("tiles");
  expect(pickWay(WAYS, { tiles: 60, quads: 45, "quads-fast": 20 })?.name).toBe("quads-fast");
  expect(pickWay(WAYS, { tiles: 60, quads: 45, "quads-fast": 40 })?.name).toBe("quads");
});
