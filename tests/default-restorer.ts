import { readFileSync } from "node:fs";
import { type RestorerWeights, readRestorerWeights } from "../src/avatar/restorer-weights";
import { parseAvatar } from "../src/avatar/schema";

const model = (name: string) => readFileSync(new URL(`../public/models/default/${name}`, import.meta.url));

/** The default avatar's, read, and as a file. */
export function defaultRestorer(): { weights: RestorerWeights; onnx: ArrayBuffer } {
  const { restorer, files } = parseAvatar(new TextDecoder().decode(model("avatar.json")));
  if (!restorer || !files.restorer) throw new Error("the default avatar has no restorer");
  const onnx = new Uint8Array(model(files.restorer.path)).buffer;
  return { weights: readRestorerWeights(files.restorer.path, onnx, restorer.box), onnx };
}
