import type { LipSplatElement } from "../element/lip-splat";
import { byId } from "./dom";

/** Pause, stop, cancel, and the line that says what plays and where it is. */
export function createTransport(head: LipSplatElement, onCancel: () => void) {
  const pause = byId("pause", HTMLButtonElement);
  const stop = byId("stop", HTMLButtonElement);
  const cancel = byId("cancel", HTMLButtonElement);
  const status = byId("status", HTMLElement);
  const time = byId("time", HTMLElement);
  const played = byId("played", HTMLElement);
  let name = "";
  let handle = 0;

  pause.addEventListener("click", () => (head.state === "paused" ? head.resume() : head.pause()));
  stop.addEventListener("click", () => head.stop());
  cancel.addEventListener("click", onCancel);

  function refresh(): void {
    const { state } = head;
    const sounding = state === "playing" || state === "paused";
    const paused = state === "paused";
    setEnabled(pause, sounding);
    pause.classList.toggle("paused", paused);
    pause.setAttribute("aria-label", paused ? "Go on" : "Pause");
    setEnabled(stop, sounding || state === "listening");
    cancel.hidden = state !== "decoding";
    say(
      {
        loading: name ? `Loading, then ${name}` : "Loading",
        idle: "Ready",
        decoding: `Reading ${name}`,
        playing: name,
        paused: `${name}, paused`,
        listening: "Listening",
        failed: "Not loaded",
      }[state],
    );
    tick();
  }

  // A live region speaks whenever it is written to, so only a change is written.
  function say(text: string): void {
    if (status.textContent !== text) status.textContent = text;
  }

  function tick(): void {
    const { currentTime, duration } = head;
    const known = Number.isFinite(duration) && duration > 0;
    const text = known ? `${clock(currentTime)} / ${clock(duration)}` : "";
    if (time.textContent !== text) time.textContent = text;
    played.style.transform = `scaleX(${known ? Math.min(1, currentTime / duration) : 0})`;
    cancelAnimationFrame(handle);
    if (head.state === "playing") handle = requestAnimationFrame(tick);
  }
  head.addEventListener("statechange", refresh);
  refresh();

  return {
    /** Names the sound that comes next. */
    name(next: string): void {
      name = next;
      refresh();
    },
  };
}

// A disabled button drops the keyboard's place: hand it to the first way in.
function setEnabled(button: HTMLButtonElement, enabled: boolean): void {
  const focused = document.activeElement === button;
  button.disabled = !enabled;
  if (focused && !enabled) byId("sample", HTMLButtonElement).focus();
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
