import { byId, make } from "./dom";

export interface Sample {
  readonly title: string;
  readonly length: string;
  readonly voice: string;
  readonly url: string;
  readonly captions?: string;
}

const samples: readonly Sample[] = [
  {
    title: "A greeting",
    length: "15 seconds",
    voice: "A man, made by Kokoro",
    url: "/samples/greeting.mp3",
  },
  {
    title: "A page read aloud",
    length: "6 seconds",
    voice: "A woman, from LJ Speech",
    url: "/samples/reading.mp3",
    captions: "/samples/reading.vtt",
  },
  {
    title: "A tongue twister",
    length: "6 seconds",
    voice: "A woman, made by Kokoro",
    url: "/samples/twister.mp3",
    captions: "/samples/twister.vtt",
  },
];

/** One button that plays the next sample, and a list of all of them. */
export function createSamples(play: (sample: Sample) => void): void {
  const name = byId("sample-name", HTMLElement);
  const list = byId("sample-list", HTMLElement);
  const popover = byId("samples", HTMLElement);
  let next = 0;

  function start(index: number): void {
    const sample = samples[index];
    if (!sample) return;
    next = (index + 1) % samples.length;
    refresh();
    play(sample);
  }

  function refresh(): void {
    const upcoming = samples[next];
    if (upcoming) name.textContent = `${upcoming.title}, ${upcoming.length}`;
  }

  byId("sample", HTMLButtonElement).addEventListener("click", () => start(next));
  list.append(
    ...samples.map(({ title, length, voice }, index) => {
      const button = make("button", "", make("span", title, make("small", `${voice}, ${length}`)));
      button.type = "button";
      button.addEventListener("click", () => {
        popover.hidePopover();
        start(index);
      });
      return make("li", "", button);
    }),
  );
  refresh();
}
