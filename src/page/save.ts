import type { ExportProgress, VideoFormat } from "../dub/types";
import type { LipSplatElement } from "../element/lip-splat";
import { LipsplatError } from "../player/player";
import { byId } from "./dom";
import type { VideoWishForm } from "./video-wish";

/** Not yet in TypeScript's libraries. */
type SavePicker = (options: {
  suggestedName: string;
  types: { accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

interface Offer {
  readonly sound: Blob | string;
  readonly name: string;
}

/** Saves what was last played as a video: to a place of the viewer's choice, else among the downloads. */
export function createSaver(
  head: LipSplatElement,
  wish: VideoWishForm,
  onError: (error: LipsplatError) => void,
) {
  const save = byId("save", HTMLButtonElement);
  const cancel = byId("save-cancel", HTMLButtonElement);
  const status = byId("save-status", HTMLElement);
  const left = byId("save-left", HTMLElement);
  const bar = byId("save-bar", HTMLProgressElement);
  let offer: Offer | undefined;
  let saving: AbortController | undefined;

  save.addEventListener("click", () => void start());
  cancel.addEventListener("click", () => saving?.abort());
  window.addEventListener("beforeunload", (event) => {
    if (saving) event.preventDefault();
  });

  async function start(): Promise<void> {
    if (!offer || saving) return;
    const { sound, name } = offer;
    const { format } = wish;
    const file = `${name.replace(/\.\w{1,5}$/, "")}.${format}`;
    // Only a click may ask for a place, so that comes first.
    const place = await pickPlace(file, format);
    if (place === "declined" || saving) return;
    saving = new AbortController();
    const { signal } = saving;
    show(`Saving ${file}`);
    try {
      const wanted = { ...(await wish.read()), signal, onProgress };
      if (place) await head.exportVideo(sound, { ...wanted, target: await place.createWritable() });
      else download(await head.exportVideo(sound, wanted), file);
      finish(`Saved ${place?.name ?? file}`);
    } catch (error) {
      const known =
        error instanceof LipsplatError
          ? error
          : new LipsplatError("export-failed", `${error}.`, { cause: error });
      finish(known.code === "export-cancelled" ? "Cancelled" : "Not saved");
      if (known.code !== "export-cancelled") onError(known);
    }
  }

  function onProgress({ done, total, secondsLeft }: ExportProgress): void {
    if (total > 0) bar.value = done / total;
    left.textContent = secondsLeft === null ? "" : `${duration(secondsLeft)} left`;
  }

  function show(text: string): void {
    const busy = saving !== undefined;
    const focused = document.activeElement;
    save.hidden = busy;
    cancel.hidden = !busy;
    // One button stands in the other's place: the keyboard stays there.
    if (focused === save && busy) cancel.focus();
    if (focused === cancel && !busy) save.focus();
    save.disabled = !offer;
    left.textContent = "";
    bar.removeAttribute("value");
    bar.hidden = !busy;
    status.textContent = text;
  }

  function finish(text: string): void {
    saving = undefined;
    show(text);
  }

  return {
    /** What is played now. */
    offer(sound: Blob | string, name: string): void {
      offer = { sound, name };
      if (!saving) show(`${name} as a video`);
    },
    /** That could not be played; only its length is no hindrance to a video. */
    withdraw(sound: Blob | string, cause: unknown): void {
      if (offer?.sound !== sound || (cause instanceof LipsplatError && cause.code === "too-long")) return;
      offer = undefined;
      if (!saving) show("Play a sound first");
    },
  };
}

/** Undefined where the browser has no such dialog. */
async function pickPlace(
  suggestedName: string,
  format: VideoFormat,
): Promise<FileSystemFileHandle | "declined" | undefined> {
  const { showSaveFilePicker } = window as { showSaveFilePicker?: SavePicker };
  try {
    return await showSaveFilePicker?.({
      suggestedName,
      types: [{ accept: { [`video/${format}`]: [`.${format}`] } }],
    });
  } catch (error) {
    // A dialog may also be forbidden here (a frame): then the downloads are left.
    return error instanceof DOMException && error.name === "AbortError" ? "declined" : undefined;
  }
}

function download(video: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(video);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
