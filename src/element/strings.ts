import type { Strings } from "./types";

const english: Strings = {
  head: "A talking head, a synthetic person",
  loading: "Loading the head",
  download: "Downloading",
  compile: "Preparing",
  warmUp: "Warming up",
  megabytes: "{loaded} of {total} MB",
  steps: "{loaded} of {total}",
  retry: "Try again",
  noConsent: "No consent was stated for this face",
  controls: "Playback",
  play: "Play",
  pause: "Pause",
  stop: "Stop",
  talk: "Talk: your microphone moves the face",
  stopTalking: "Stop listening",
  mute: "Mute",
  unmute: "Unmute",
  volume: "Volume",
  seek: "Position",
  position: "{time} of {duration}",
  live: "Live",
};

const known = new Map<string, Strings>([["en", english]]);
const shipped: Readonly<Record<string, () => Promise<Strings>>> = {
  de: async () => (await import("./strings/de")).german,
};

/** Texts for a language (`fr`, `pt-BR`), or other words for one that is there; what is left out stays as it is, or English. */
export function setStrings(lang: string, strings: Partial<Strings>): void {
  const key = lang.toLowerCase();
  known.set(key, { ...(known.get(key) ?? english), ...strings });
}

/** The texts for a language tag, its region left off where there are none for it; English where nothing fits. */
export function stringsFor(lang: string): Strings {
  return (
    keys(lang)
      .map((key) => known.get(key))
      .find(Boolean) ?? english
  );
}

/** Fetches the shipped texts of a language. @returns whether there are other ones now. */
export async function loadStrings(lang: string): Promise<boolean> {
  for (const key of keys(lang)) {
    if (known.has(key)) return false;
    const load = shipped[key];
    if (!load) continue;
    const strings = await load();
    // Those an embedder has set meanwhile go first.
    known.set(key, { ...strings, ...known.get(key) });
    return true;
  }
  return false;
}

/** `{name}` replaced by the values. */
export const fill = (template: string, values: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

const keys = (lang: string) => {
  const tag = lang.toLowerCase();
  return [tag, tag.split("-")[0] ?? tag];
};

/** Of the nearest `lang`. */
export const languageOf = (element: Element): string =>
  element.closest("[lang]")?.getAttribute("lang") || "en";
