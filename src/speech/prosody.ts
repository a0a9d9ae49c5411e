import type { SpeechModel } from "../avatar/load";
import { CUE_SIZE } from "../motion/cues";
import { createListener, type Listener } from "./listener";

/** Hears what the rest of the face does: cues of the voice; undefined where the speech model has none. */
export async function createProsody({
  manifest,
  cues,
}: Pick<SpeechModel, "manifest" | "cues">): Promise<Listener | undefined> {
  const model = await cues();
  if (!manifest.cues || !model) return undefined;
  return createListener({ ...manifest.cues, model, output: "cues", size: CUE_SIZE, phase: 0.5 });
}
