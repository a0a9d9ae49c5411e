import type { LipSplatElement } from "../element/lip-splat";
import { isMood } from "../motion/mood-names";
import { byId } from "./dom";

/** Of the face, as one of five; a mood that is set by attribute or script is shown too. */
export function createMood(head: LipSplatElement): void {
  const moods = byId("moods", HTMLFieldSetElement);
  const opener = byId("mood-open", HTMLButtonElement);
  const radios = [...moods.querySelectorAll("input")];
  moods.addEventListener("change", () => {
    const mood = radios.find(({ checked }) => checked)?.value;
    if (isMood(mood)) head.setMood(mood);
  });

  function show(): void {
    const { mood } = head;
    for (const radio of radios) radio.checked = radio.value === mood;
    opener.ariaLabel = mood === "neutral" ? "Mood" : `Mood: ${mood}`;
  }
  new MutationObserver(show).observe(head, { attributeFilter: ["mood"] });
  show();
}
