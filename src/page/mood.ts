import type { LipSplatElement } from "../element/lip-splat";
import { isMood } from "../motion/mood-names";
import { byId } from "./dom";

/** Of the face, as one of five. */
export function createMood(head: LipSplatElement): void {
  const moods = byId("moods", HTMLFieldSetElement);
  const opener = byId("mood-open", HTMLButtonElement);
  moods.addEventListener("change", () => {
    const mood = moods.querySelector<HTMLInputElement>("input:checked")?.value;
    if (!isMood(mood)) return;
    head.setMood(mood);
    opener.ariaLabel = mood === "neutral" ? "Mood" : `Mood: ${mood}`;
  });
}
