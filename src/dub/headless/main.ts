import { LipsplatError, toLipsplatError } from "../../player/errors";
import type { Background } from "../../render/background";
import { exportVideo } from "../export";
import type { ExportProgress, VideoOptions } from "../types";
import { createHandOver, type HandOver } from "./hand-over";

/** What the command line asks of its page; the recording lies in #sound, a background picture in #image. */
export interface HeadlessJob extends Omit<VideoOptions, "background" | "captions" | "signal" | "onProgress"> {
  readonly avatarUrl: string;
  readonly background?: "avatar" | "transparent" | { readonly color: string } | { readonly image: string };
  readonly captions?: string;
  readonly captionsAs?: "picture" | "track";
}

export interface HeadlessAnswer {
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

declare global {
  interface Window {
    /** Given by the command line. */
    onDubProgress(progress: ExportProgress): Promise<void>;
    dub(job: HeadlessJob): Promise<HeadlessAnswer>;
    /** The parts of the file that `dub` makes, one after the other. */
    takePart: HandOver["take"];
  }
}

window.dub = async ({ background, captions, captionsAs = "picture", ...options }) => {
  const { write, take, end } = createHandOver();
  window.takePart = take;
  try {
    const sound = chosen("sound");
    if (!sound) throw new LipsplatError("audio-unreachable", "no file was handed over.");
    await exportVideo(sound, {
      ...options,
      speechUrl: "/speech/",
      ...(background && { background: await backgroundOf(background) }),
      ...(captions !== undefined && { captions: { vtt: captions, as: captionsAs } }),
      onProgress: (progress) => void window.onDubProgress(progress),
      target: { write, close: async () => undefined, abort: async () => undefined },
    });
    return {};
  } catch (cause) {
    const error = toLipsplatError(cause, "export-failed");
    return { error: { code: error.code, message: error.message, hint: error.hint } };
  } finally {
    end();
  }
};

const chosen = (id: string) => document.querySelector<HTMLInputElement>(`#${id}`)?.files?.[0];

async function backgroundOf(wanted: NonNullable<HeadlessJob["background"]>): Promise<Background> {
  if (typeof wanted === "string" || "color" in wanted) return wanted;
  const file = chosen("image");
  try {
    return { image: await createImageBitmap(file ?? new Blob()) };
  } catch (cause) {
    throw new LipsplatError("bad-option", `${wanted.image} is no picture that the browser can read.`, {
      cause,
    });
  }
}
