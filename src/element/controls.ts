import type { LipSplatElement } from "./lip-splat";
import { fill } from "./strings";

/** One 24 × 24 path each. */
const ICONS = {
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M7 6h3.5v12H7zM13.5 6H17v12h-3.5z",
  talk: "M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4zM6.5 11.5h1.5a4 4 0 0 0 8 0h1.5a5.5 5.5 0 0 1-4.75 5.45V20h-1.5v-3.05A5.5 5.5 0 0 1 6.5 11.5z",
  stop: "M7 7h10v10H7z",
  sound: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15 8.5a5 5 0 0 1 0 7v-2.2a2.6 2.6 0 0 0 0-2.6z",
  muted:
    "M4 9.5v5h3.5L12 19V5L7.5 9.5zM14.5 10.6l1.1-1.1 1.9 1.9 1.9-1.9 1.1 1.1-1.9 1.9 1.9 1.9-1.1 1.1-1.9-1.9-1.9 1.9-1.1-1.1 1.9-1.9z",
} as const;

const EVENTS = [
  "statechange",
  "play",
  "pause",
  "timeupdate",
  "durationchange",
  "volumechange",
  "canplay",
] as const;

/** Seconds that an arrow key seeks. */
const STEP = 1;

export interface Controls {
  readonly root: HTMLElement;
  /** Says all again: the state, or the language, is another. */
  refresh(): void;
  destroy(): void;
}

/** The bar over the picture's foot: a button to play, a slider for the place, a microphone, and the volume. */
export function createControls(head: LipSplatElement, stage: HTMLElement): Controls {
  const root = document.createElement("div");
  root.className = "controls";
  root.part.add("controls");
  root.setAttribute("role", "group");
  const play = button(() => (head.paused ? attempt(head.play()) : head.pause()));
  const talk = button(() => (head.state === "listening" ? head.stop() : attempt(head.attachMicrophone())));
  const mute = button(() => {
    head.muted = !head.muted;
  });
  const seek = slider("seek", STEP, () => {
    head.currentTime = Number(seek.value);
  });
  const volume = slider("volume", 0.05, () => {
    head.muted = false;
    head.volume = Number(volume.value);
  });
  volume.max = "1";
  const time = document.createElement("span");
  time.className = "time";
  // The slider says it.
  time.ariaHidden = "true";
  root.append(play, talk, seek, time, mute, volume);
  stage.append(root);

  function refresh(): void {
    const { strings, currentTime, duration, paused, state } = head;
    const listening = state === "listening";
    root.ariaLabel = strings.controls;
    const playable = state !== "failed" && !listening;
    play.disabled = !playable;
    show(play, paused ? "play" : "pause", paused ? strings.play : strings.pause);
    talk.disabled = state === "failed";
    show(talk, listening ? "stop" : "talk", listening ? strings.stopTalking : strings.talk);
    const silent = head.muted || head.volume === 0;
    show(mute, silent ? "muted" : "sound", head.muted ? strings.unmute : strings.mute);
    volume.ariaLabel = strings.volume;
    volume.value = String(silent ? 0 : head.volume);
    const finite = Number.isFinite(duration) && duration > 0;
    seek.ariaLabel = strings.seek;
    seek.disabled = !finite;
    seek.max = String(finite ? duration : 0);
    seek.value = String(finite ? currentTime : 0);
    seek.ariaValueText = fill(strings.position, {
      time: clock(currentTime),
      duration: clock(finite ? duration : 0),
    });
    const live = !finite && !paused;
    time.textContent = finite ? `${clock(currentTime)} / ${clock(duration)}` : live ? strings.live : "";
  }

  /** A press that fails is told by the element's `error`. */
  function attempt(action: Promise<void>): void {
    action.catch((error: Error) =>
      head.dispatchEvent(new ErrorEvent("error", { error, message: error.message })),
    );
  }

  for (const type of EVENTS) head.addEventListener(type, refresh);
  refresh();
  return {
    root,
    refresh,
    destroy() {
      for (const type of EVENTS) head.removeEventListener(type, refresh);
      root.remove();
    },
  };
}

function button(onPress: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.addEventListener("click", onPress);
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  icon.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  made.append(icon);
  return made;
}

/** A name for the eye and the ear; only what has changed is written. */
function show(made: HTMLButtonElement, icon: keyof typeof ICONS, name: string): void {
  if (made.ariaLabel !== name) made.ariaLabel = made.title = name;
  const path = made.querySelector("path");
  if (path?.getAttribute("d") !== ICONS[icon]) path?.setAttribute("d", ICONS[icon]);
}

function slider(name: string, step: number, onInput: () => void): HTMLInputElement {
  const made = document.createElement("input");
  made.type = "range";
  made.className = name;
  made.min = "0";
  made.step = "any";
  // A native step would also round where the sound is.
  made.addEventListener("keydown", (event) => {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    made.value = String(Number(made.value) + direction * step);
    onInput();
  });
  made.addEventListener("input", onInput);
  return made;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
