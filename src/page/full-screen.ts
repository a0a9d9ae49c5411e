import { byId } from "./dom";

/** The head and its captions, over the whole screen. */
export function createFullScreen(): void {
  const button = byId("full", HTMLButtonElement);
  const frame = byId("frame", HTMLElement);
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => void frame.requestFullscreen().catch(() => undefined));
  frame.addEventListener("dblclick", () => {
    if (document.fullscreenElement) void document.exitFullscreen();
  });
}
