import { expose } from "comlink";
import { type Contender, type Round, runRound } from "./contender";
import { holdPicture, keptRenderer } from "./memory";
import { createOurs, type OursName, type OursSetup, ourNames } from "./ours";

/** Ours draws where the player draws: in a worker, on a canvas of its own. */
const contenders = new Map<string, Contender>();

const api = {
  names: ourNames,
  hold: holdPicture,
  held: keptRenderer,
  async open(id: string, name: OursName, setup: OursSetup): Promise<void> {
    contenders.set(id, await createOurs(name, setup));
  },
  run: (id: string, milliseconds: number): Promise<Round> => runRound(find(id), milliseconds),
  async picture(id: string): Promise<Blob> {
    const contender = find(id);
    contender.draw(0);
    await contender.finish();
    contender.draw(0);
    return contender.picture();
  },
};
export type OursWorker = typeof api;
expose(api);

function find(id: string): Contender {
  const contender = contenders.get(id);
  if (!contender) throw new Error(`${id} is not open`);
  return contender;
}
