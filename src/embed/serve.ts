import type { LipSplatElement } from "../element/lip-splat";
import { type ErrorRecord, LipsplatError, toRecord } from "../player/errors";
import { explain } from "./permissions";
import {
  type HeadEvent,
  type HeadStatus,
  PLAIN_EVENTS,
  PROTOCOL,
  type ToFrame,
  type ToPage,
} from "./protocol";

type Call = Extract<ToFrame, { id: number }>;

/** Lets the page at the other end of `port` drive the head. */
export function serve(head: LipSplatElement, port: MessagePort): void {
  const post = (message: ToPage) => port.postMessage(message);
  const tell = (event: HeadEvent) => post({ type: "event", event, status: status(head) });
  /** Cancels what is under way. */
  const running = new Map<number, AbortController>();

  async function call(message: Exclude<Call, { type: "cancel" }>): Promise<Blob | undefined> {
    const { signal } = running.get(message.id) ?? new AbortController();
    switch (message.type) {
      case "play":
        return void (await head.play());
      case "dub":
        return void (await head.dub(message.sound, { signal }));
      case "attachMicrophone":
        return void (await head.attachMicrophone(message.deviceId));
      case "loadAvatar":
        return void (await head.loadAvatar(message.avatar));
      case "flush":
        return void (await head.flush());
      case "exportVideo": {
        const onProgress = (progress: Extract<ToPage, { type: "exporting" }>["progress"]) =>
          post({ type: "exporting", id: message.id, progress });
        return head.exportVideo(message.sound, { ...message.options, signal, onProgress });
      }
    }
  }

  /** What has no answer. */
  function act(message: Exclude<ToFrame, { id: number }>): void {
    switch (message.type) {
      case "pushAudio":
        head.pushAudio(message.samples, message.rate);
        break;
      case "pause":
        head.pause();
        break;
      case "stop":
        head.stop();
        break;
      case "interrupt":
        head.interrupt();
        break;
      case "seek":
        head.currentTime = message.seconds;
        break;
      case "volume":
        head.volume = message.volume;
        break;
      case "muted":
        head.muted = message.muted;
        break;
      case "background":
        head.background = message.background;
        break;
      case "setExpression":
        head.setExpression(message.weights, message.blendMs);
        break;
      case "setMood":
        head.setMood(message.mood, message.blendMs === undefined ? {} : { blendMs: message.blendMs });
        break;
      case "modules":
        head.modules = message.modules;
        break;
      case "lookAt":
        head.lookAt(message.target);
        break;
      default:
        throw new LipsplatError("bad-option", `the head knows no "${(message as { type: string }).type}".`);
    }
  }

  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if (data.type === "cancel") return running.get(data.id)?.abort();
    if (!("id" in data)) {
      try {
        act(data);
      } catch (error) {
        tell({ name: "error", detail: record(error) });
      }
      return;
    }
    const { id } = data;
    running.set(id, new AbortController());
    call(data)
      .then(
        (video) => post(video ? { type: "done", id, video } : { type: "done", id }),
        (error: unknown) => post({ type: "failed", id, error: record(error) }),
      )
      .finally(() => running.delete(id));
  };

  // Where the browser tells it (`close` of a port is young), nothing is kept of a page that is gone.
  const over = new AbortController();
  port.addEventListener("close", () => over.abort());
  const { signal } = over;
  for (const name of PLAIN_EVENTS)
    head.addEventListener(name, () => tell({ name, detail: null }), { signal });
  head.addEventListener("progress", ({ detail }) => tell({ name: "progress", detail }), { signal });
  head.addEventListener("statechange", ({ detail }) => tell({ name: "statechange", detail }), { signal });
  head.addEventListener("metrics", ({ detail }) => tell({ name: "metrics", detail }), { signal });
  head.addEventListener("error", ({ error }) => tell({ name: "error", detail: record(error) }), { signal });
  head.addEventListener("fallback", ({ detail }) => tell({ name: "fallback", detail: record(detail) }), {
    signal,
  });
  post({ type: "welcome", version: PROTOCOL, status: status(head) });
}

function status(head: LipSplatElement): HeadStatus {
  const { state, readyState, paused, ended, currentTime, duration, volume, muted } = head;
  return { state, readyState, paused, ended, currentTime, duration, volume, muted };
}

function record(error: unknown): ErrorRecord {
  if (error instanceof LipsplatError) return toRecord(explain(error));
  const aborted = error instanceof DOMException && error.name === "AbortError";
  return toRecord(new LipsplatError(aborted ? "decode-aborted" : "worker-died", String(error)));
}
