import type { LipSplatElement } from "../element/lip-splat";
import { byId, setIcon } from "./dom";

/** How loud the head is heard, and whether. */
export function createVolume(head: LipSplatElement): void {
  const mute = byId("mute", HTMLButtonElement);
  const volume = byId("volume", HTMLInputElement);
  mute.addEventListener("click", () => {
    head.muted = !head.muted;
    mute.setAttribute("aria-pressed", String(head.muted));
    setIcon(mute, head.muted ? "mute" : "loud");
  });
  volume.addEventListener("input", () => {
    head.volume = Number(volume.value) / 100;
    if (head.muted) mute.click();
  });
}
