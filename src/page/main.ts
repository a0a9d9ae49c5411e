import "./wish";
import { LipSplatElement } from "../element/lip-splat";
import { LipsplatError } from "../player/player";
import { byId } from "./dom";
import { acceptDrops } from "./drop";
import { createSaver } from "./dub";
import { createNotices } from "./notices";
import { createReadout } from "./readout";
import { createTransport } from "./transport";

const samples = [
  { title: "A greeting", length: "15 seconds", url: "/samples/greeting.mp3" },
  { title: "A page read aloud", length: "6 seconds", url: "/samples/reading.mp3" },
] as const;

const head = byId("head", LipSplatElement);
const notices = createNotices(byId("notices", HTMLElement));
const transport = createTransport(head, cancel);
const saver = createSaver(head, (error) => notices.show(error));
const readout = byId("readout", HTMLDetailsElement);
const figures = createReadout(byId("figures", HTMLElement));
const talk = byId("talk", HTMLButtonElement);
const input = byId("file", HTMLInputElement);
let decoding = new AbortController();
let nextSample = 0;

byId("sample", HTMLButtonElement).addEventListener("click", () => {
  const sample = samples[nextSample % samples.length];
  if (sample) play(sample.url, sample.title);
  nextSample++;
});
byId("choose", HTMLButtonElement).addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  const file = input.files?.[0];
  if (file) play(file, file.name);
  // The same file may be chosen again.
  input.value = "";
});
acceptDrops(byId("drop", HTMLElement), (file) => play(file, file.name));
talk.addEventListener("click", () => {
  if (head.state === "listening") return head.stop();
  transport.name("your voice");
  void attempt(head.listen());
});
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (head.state === "decoding") cancel();
  else head.stop();
});

head.addEventListener("error", ({ error }) => show(error));
head.addEventListener("metrics", ({ detail }) => {
  if (readout.open) figures.show(detail);
});
head.addEventListener("statechange", refresh);
refresh();

function play(sound: Blob | string, name: string): void {
  cancel();
  decoding = new AbortController();
  transport.name(name);
  saver.offer(sound, name);
  const playing = head.play(sound, decoding.signal).catch((error: unknown) => {
    saver.withdraw(sound, error);
    throw error;
  });
  void attempt(playing);
}

function cancel(): void {
  decoding.abort();
}

async function attempt(action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    show(error);
  }
}

function show(error: unknown): void {
  // A head that could not be loaded says so itself, in its own place.
  if (head.state === "failed") return;
  if (!(error instanceof LipsplatError)) throw error;
  notices.show(error);
}

function refresh(): void {
  const listening = head.state === "listening";
  talk.setAttribute("aria-pressed", String(listening));
  byId("talk-name", HTMLElement).textContent = listening ? "Listening" : "Talk";
  byId("talk-hint", HTMLElement).textContent = listening ? "Press to stop" : "Your microphone moves the face";
  const upcoming = samples[nextSample % samples.length];
  byId("sample-name", HTMLElement).textContent = upcoming ? `${upcoming.title}, ${upcoming.length}` : "";
  if (head.state === "playing" || listening) notices.clearFailures();
}
