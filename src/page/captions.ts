import { type Cue, readCaptions } from "../dub/captions";
import type { LipSplatElement } from "../element/lip-splat";
import { byId, choosesFiles, make, say } from "./dom";

/** The captions of the sound that plays, under the face. */
export function createCaptions(head: LipSplatElement) {
  const root = byId("captions", HTMLElement);
  const name = byId("captions-name", HTMLElement);
  const on = byId("captions-on", HTMLInputElement);
  const choose = byId("captions-choose", HTMLButtonElement);
  const remove = byId("captions-remove", HTMLButtonElement);
  let vtt: string | null = null;
  let cues: readonly Cue[] = [];
  let shown: readonly Cue[] = [];
  let onChange = () => {};

  choosesFiles("captions-choose", "captions-file", ([file]) => file && void take(file));
  remove.addEventListener("click", () => {
    choose.focus();
    clear();
  });
  on.addEventListener("change", update);

  async function take(file: File): Promise<void> {
    set(await file.text(), file.name);
  }

  /** @param text of a WebVTT or SRT file, which is called `title`. */
  function set(text: string, title: string): void {
    try {
      vtt = toVtt(text);
      cues = readCaptions(vtt);
      if (cues.length === 0) throw new TypeError("no captions");
      say(name, `${title}, ${cues.length} ${cues.length === 1 ? "caption" : "captions"}`);
    } catch {
      [vtt, cues] = [null, []];
      say(name, `${title} holds no captions that can be read: a WebVTT or SRT file does.`);
    }
    changed();
  }

  function clear(): void {
    [vtt, cues] = [null, []];
    say(name, "None yet. A WebVTT or SRT file dropped beside the sound will do.");
    changed();
  }

  function changed(): void {
    on.disabled = vtt === null;
    remove.hidden = vtt === null;
    update();
    onChange();
  }

  /** Shows what belongs to this time; called while a sound plays. */
  function update(): void {
    const sounding = head.state === "playing" || head.state === "paused";
    const time = head.currentTime;
    const now = sounding && on.checked ? cues.filter(({ from, to }) => from <= time && time < to) : [];
    if (now.length === shown.length && now.every((cue, i) => cue === shown[i])) return;
    shown = now;
    // Whoever hears the sound is not told its words at the same time.
    root.setAttribute("aria-live", head.muted ? "polite" : "off");
    root.hidden = now.length === 0;
    root.replaceChildren(...now.map(({ text }) => make("p", "", new VTTCue(0, 1, text).getCueAsHTML())));
  }

  return {
    take,
    set,
    clear,
    update,
    /** A WebVTT file; null where there are none. */
    get vtt() {
      return vtt;
    },
    set onChange(listener: () => void) {
      onChange = listener;
    },
  };
}

export type Captions = ReturnType<typeof createCaptions>;

/** SRT is WebVTT with a comma before the milliseconds, and without its first line. */
function toVtt(text: string): string {
  if (/^\ufeff?WEBVTT/.test(text)) return text;
  return `WEBVTT\n\n${text.replace(/^\ufeff/, "").replace(/(\d\d:\d\d:\d\d),(\d{3})/g, "$1.$2")}`;
}
