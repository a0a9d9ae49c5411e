import { LipsplatError } from "../player/errors";

/** One caption. */
export interface Cue {
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  /** WebVTT cue text: lines, with tags and entities. */
  readonly text: string;
  /** Where players are to place it, as WebVTT writes it; drawn ones leave that aside. */
  readonly settings: string;
}

const TIMING = /^\s*((?:\d+:)?\d{2}:\d{2}\.\d{3})\s+-->\s+((?:\d+:)?\d{2}:\d{2}\.\d{3})(.*)$/;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  nbsp: "\u00a0",
  lrm: "\u200e",
  rlm: "\u200f",
};

/**
 * The captions of a WebVTT file, by their beginning.
 * @throws LipsplatError `bad-option`, naming the line.
 */
export function readCaptions(vtt: string): Cue[] {
  const lines = vtt.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  if (!/^WEBVTT(\s|$)/.test(lines[0] ?? "")) refuse("the first line of the captions must be WEBVTT");
  const cues: Cue[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (!line.includes("-->")) continue;
    const [, from = "", to = "", settings = ""] =
      TIMING.exec(line) ?? refuse(`line ${i + 1} of the captions: ${line}`);
    const text: string[] = [];
    for (let next = lines[i + 1]; next?.trim(); next = lines[i + 1]) {
      text.push(next);
      i++;
    }
    const cue = { from: seconds(from), to: seconds(to), text: text.join("\n"), settings: settings.trim() };
    if (cue.to <= cue.from)
      refuse(`line ${i + 1 - text.length} of the captions ends before it begins: ${line}`);
    if (cue.text) cues.push(cue);
  }
  return cues.sort((a, b) => a.from - b.from);
}

/** What of them lies within a video of this length. */
export function cutCaptions(cues: readonly Cue[], length: number): Cue[] {
  return cues
    .filter((cue) => cue.from < length)
    .map((cue) => (cue.to > length ? { ...cue, to: length } : cue));
}

/** As a WebVTT file again. */
export function writeCaptions(cues: readonly Cue[]): string {
  return `WEBVTT\n\n${cues
    .map(({ from, to, text, settings }) =>
      `${stamp(from)} --> ${stamp(to)} ${settings}`.trim().concat(`\n${text}\n\n`),
    )
    .join("")}`;
}

/** The lines that are read at a time, without tags. */
export function captionAt(cues: readonly Cue[], time: number): string[] {
  return cues
    .filter(({ from, to }) => from <= time && time < to)
    .flatMap(({ text }) => plain(text).split("\n"));
}

const plain = (text: string) =>
  text.replaceAll(/<[^>]*>/g, "").replaceAll(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);

function seconds(stamp: string): number {
  return stamp.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

function stamp(time: number): string {
  const whole = Math.round(1000 * time);
  const two = (value: number) => String(Math.floor(value) % 60).padStart(2, "0");
  const hours = String(Math.floor(whole / 3_600_000)).padStart(2, "0");
  return `${hours}:${two(whole / 60_000)}:${two(whole / 1000)}.${String(whole % 1000).padStart(3, "0")}`;
}

function refuse(what: string): never {
  throw new LipsplatError("bad-option", `${what}.`);
}
