import type { LipSplatElement } from "../element/lip-splat";
import type { Captions } from "./captions";
import { byId, clock, say, setIcon } from "./dom";
import { createLevel } from "./level";
import { readPeaks } from "./peaks";
import { barsOf, createWave } from "./wave";

const PEAKS = 1024;

/** What plays now: its name and time, its outline to seek in, pause, stop and cancel; while listening, how loud it is. */
export function createDeck(
  head: LipSplatElement,
  captions: Captions,
  onCancel: () => void,
  onError: (error: unknown) => void,
) {
  const pause = byId("pause", HTMLButtonElement);
  const stop = byId("stop", HTMLButtonElement);
  const cancel = byId("cancel", HTMLButtonElement);
  const status = byId("status", HTMLElement);
  const time = byId("time", HTMLElement);
  const seek = byId("seek", HTMLInputElement);
  const wave = createWave(byId("wave", HTMLCanvasElement));
  const level = createLevel(wave, byId("level", HTMLElement));
  let name = "";
  /** To be read once it plays: that goes first. */
  let unread: Blob | string | undefined;
  let bars: ((index: number, count: number) => number) | undefined;
  let reading = new AbortController();
  let metered: MediaStream | null = null;
  let handle = 0;

  pause.addEventListener("click", () => {
    if (head.state === "paused") head.play().catch(onError);
    else head.pause();
  });
  stop.addEventListener("click", () => head.stop());
  cancel.addEventListener("click", onCancel);
  seek.addEventListener("input", () => {
    head.currentTime = Number(seek.value) * head.duration;
    tick();
  });
  seek.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 2, ArrowUp: 2, ArrowLeft: -2, ArrowDown: -2, PageUp: 10, PageDown: -10 }[
      event.key
    ];
    if (by === undefined) return;
    event.preventDefault();
    head.currentTime = Math.max(0, Math.min(head.duration, head.currentTime + by));
    tick();
  });

  function refresh(): void {
    const { state } = head;
    const sounding = state === "playing" || state === "paused";
    const paused = state === "paused";
    setEnabled(pause, sounding);
    setIcon(pause, paused ? "play" : "pause");
    pause.setAttribute("aria-label", paused ? "Go on" : "Pause");
    setEnabled(stop, sounding || state === "listening");
    cancel.hidden = state !== "decoding";
    setEnabled(seek, sounding && Number.isFinite(head.duration));
    say(
      status,
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
    meter(state === "listening" ? head.microphone : null);
    if (state === "playing" && unread !== undefined) void outline(unread);
    tick();
  }

  /** A sound that cannot be read anew stays without. */
  async function outline(sound: Blob | string): Promise<void> {
    unread = undefined;
    const mine = new AbortController();
    reading = mine;
    try {
      const peaks = await readPeaks(sound, PEAKS, mine.signal);
      if (mine.signal.aborted) return;
      bars = barsOf(peaks);
      if (!metered) wave.show(bars);
    } catch {
      // It plays all the same.
    }
  }

  function meter(stream: MediaStream | null): void {
    if (stream === metered) return;
    metered = stream;
    level.stop();
    if (stream) level.start(stream);
    else wave.show(bars ?? (() => 0));
  }

  function tick(): void {
    const { currentTime, duration, state } = head;
    const known = Number.isFinite(duration) && duration > 0;
    const sounding = known && (state === "playing" || state === "paused");
    const share = sounding ? Math.min(1, currentTime / duration) : 0;
    say(time, sounding ? `${clock(currentTime)} / ${clock(duration)}` : "");
    seek.value = String(share);
    const text = `${clock(currentTime)} of ${clock(duration)}`;
    if (sounding && seek.ariaValueText !== text) seek.ariaValueText = text;
    if (!metered) wave.hear(share);
    captions.update();
    cancelAnimationFrame(handle);
    if (state === "playing") handle = requestAnimationFrame(tick);
  }

  head.addEventListener("statechange", refresh);
  refresh();

  return {
    /** Names what comes next; a sound gets its outline drawn. */
    name(next: string, sound?: Blob | string): void {
      name = next;
      unread = sound;
      reading.abort();
      bars = undefined;
      if (!metered) wave.show(() => 0);
      refresh();
    },
  };
}

// What is disabled drops the keyboard's place: hand it to the first way in.
function setEnabled(control: HTMLButtonElement | HTMLInputElement, enabled: boolean): void {
  const focused = document.activeElement === control;
  control.disabled = !enabled;
  if (focused && !enabled) byId("sample", HTMLButtonElement).focus();
}
