/// <reference lib="es2024.promise" />

import type { ExportProgress } from "../dub/types";
import type { LipSplatEventMap, LookTarget } from "../element/types";
import type { ExpressionWeights } from "../motion/expression-names";
import type { Modules } from "../motion/modules";
import type { Mood } from "../motion/mood-names";
import { fromRecord, LipsplatError } from "../player/errors";
import { passesOn } from "./permissions";
import {
  type EmbedVideoOptions,
  type Greeting,
  type HeadEvent,
  type HeadStatus,
  PROTOCOL,
  readGreeting,
  type ToFrame,
  type ToPage,
} from "./protocol";

export { LipsplatError, type LipsplatErrorCode } from "../player/errors";
export type { EmbedVideoOptions, HeadStatus } from "./protocol";

export interface EmbedOptions {
  /** How long the frame may take to answer, milliseconds; 15 000 by default. */
  readonly timeoutMs?: number;
}

export interface ExportCall extends EmbedVideoOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
}

interface Pending {
  resolve(video: Blob | undefined): void;
  reject(error: LipsplatError): void;
  onProgress: ((progress: ExportProgress) => void) | undefined;
}

/** A union's members each without `id`. */
type WithoutId<T> = T extends { id: number } ? Omit<T, "id"> : never;

/**
 * A head in an `<iframe src="https://host/embed.html?avatar=…" allow="microphone; autoplay; fullscreen">`, driven as the
 * `<lip-splat>` element is; its events are the element's. Sounds are fetched by the frame where they are addresses.
 * Every promise rejects with a LipsplatError.
 */
export class LipSplatEmbed extends EventTarget {
  readonly #iframe: HTMLIFrameElement;
  readonly #origin: string;
  #instance: string;
  readonly #pending = new Map<number, Pending>();
  #port: MessagePort | null = null;
  #calls = 0;
  #status: HeadStatus;

  /** Use `connectEmbed`. */
  constructor(
    iframe: HTMLIFrameElement,
    origin: string,
    instance: string,
    port: MessagePort,
    status: HeadStatus,
  ) {
    super();
    this.#iframe = iframe;
    this.#origin = origin;
    this.#instance = instance;
    this.#status = status;
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ToPage>) => this.#onMessage(data);
    window.addEventListener("message", this.#onGreeting);
  }

  /** As of the last event; `currentTime` moves four times a second. */
  get status(): HeadStatus {
    return this.#status;
  }
  get state(): HeadStatus["state"] {
    return this.#status.state;
  }
  get readyState(): HeadStatus["readyState"] {
    return this.#status.readyState;
  }
  get paused(): boolean {
    return this.#status.paused;
  }
  get ended(): boolean {
    return this.#status.ended;
  }
  get duration(): number {
    return this.#status.duration;
  }
  get currentTime(): number {
    return this.#status.currentTime;
  }
  set currentTime(seconds: number) {
    this.#post({ type: "seek", seconds });
  }
  get volume(): number {
    return this.#status.volume;
  }
  set volume(volume: number) {
    this.#post({ type: "volume", volume });
  }
  get muted(): boolean {
    return this.#status.muted;
  }
  set muted(muted: boolean) {
    this.#post({ type: "muted", muted });
  }

  /** Plays this sound, or goes on with the last. From a user gesture. */
  async play(sound?: Blob | URL | string, options: { signal?: AbortSignal } = {}): Promise<void> {
    if (sound === undefined) await this.#call({ type: "play" });
    else await this.#call({ type: "dub", sound: address(sound) }, options);
  }

  /** Rejects with `frame-forbidden` where the `<iframe>` lacks `allow="microphone"`. */
  async attachMicrophone(deviceId?: string): Promise<void> {
    if (!passesOn(this.#iframe, this.#origin, "microphone"))
      throw new LipsplatError("frame-forbidden", "microphone.");
    await this.#call({ type: "attachMicrophone", ...(deviceId !== undefined && { deviceId }) });
  }

  /** Another avatar: the address of a folder or a `.lipsplat` file, or such a file itself. */
  async loadAvatar(avatar: Blob | URL | string): Promise<void> {
    await this.#call({ type: "loadAvatar", avatar: address(avatar) });
  }

  /**
   * One channel of sound, played in order and without a gap.
   * The buffer under `samples` is transferred where they are all of it: do not use it again.
   */
  pushAudio(samples: Int16Array | Float32Array, rate: number): void {
    const all = samples.byteLength === samples.buffer.byteLength && samples.buffer instanceof ArrayBuffer;
    const own = all ? samples : samples.slice();
    this.#post({ type: "pushAudio", samples: own, rate }, [own.buffer as ArrayBuffer]);
  }

  /** Resolves when all that was pushed has been heard. */
  async flush(): Promise<void> {
    await this.#call({ type: "flush" });
  }

  /** Barge-in: sound and face stop in the same frame, and what was not heard is dropped. */
  interrupt(): void {
    this.#post({ type: "interrupt" });
  }
  pause(): void {
    this.#post({ type: "pause" });
  }
  stop(): void {
    this.#post({ type: "stop" });
  }
  setBackground(background: string): void {
    this.#post({ type: "background", background });
  }
  setExpression(weights: ExpressionWeights | null, blendMs?: number): void {
    this.#post({ type: "setExpression", weights, blendMs });
  }
  /** Of the face; its lips go on to follow the sound. */
  setMood(mood: Mood, { blendMs }: { readonly blendMs?: number } = {}): void {
    this.#post({ type: "setMood", mood, blendMs });
  }
  /** Switches generator, codec and restorer; what is left out stays as it is. */
  setModules(modules: Partial<Modules>): void {
    this.#post({ type: "modules", modules });
  }
  lookAt(target: LookTarget | null): void {
    this.#post({ type: "lookAt", target });
  }

  /** Renders a sound into a video of this head. */
  async exportVideo(sound: Blob | URL | string, options: ExportCall = {}): Promise<Blob> {
    const { signal, onProgress, ...plain } = options;
    const video = await this.#call(
      { type: "exportVideo", sound: address(sound), options: plain },
      { ...(signal && { signal }), ...(onProgress && { onProgress }) },
    );
    if (!video) throw new LipsplatError("export-failed", "the frame sent no video.");
    return video;
  }

  /** Ends the conversation; the `<iframe>` stays. */
  disconnect(): void {
    window.removeEventListener("message", this.#onGreeting);
    this.#drop(new LipsplatError("disposed"));
  }

  override addEventListener<K extends keyof LipSplatEventMap>(
    type: K,
    listener: (event: LipSplatEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }

  /** A frame that greets again has been loaded anew: what was under way is lost, what comes next is not. */
  readonly #onGreeting = ({ data, source, origin }: MessageEvent): void => {
    if (source !== this.#iframe.contentWindow || origin !== this.#origin) return;
    const greeting = readGreeting(data);
    if (greeting?.lipsplat !== "here" || greeting.instance === this.#instance) return;
    this.#instance = greeting.instance;
    this.#drop(new LipsplatError("embed-unreachable", "it was loaded anew."));
    const port = greet(this.#iframe, this.#origin);
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ToPage>) => this.#onMessage(data);
  };

  #onMessage(message: ToPage): void {
    switch (message.type) {
      case "welcome":
        this.#status = message.status;
        break;
      case "refused":
        this.#drop(fromRecord(message.error));
        break;
      case "event":
        this.#status = message.status;
        this.dispatchEvent(eventOf(message.event));
        break;
      case "exporting":
        this.#pending.get(message.id)?.onProgress?.(message.progress);
        break;
      case "done":
        this.#pending.get(message.id)?.resolve(message.video);
        break;
      case "failed":
        this.#pending.get(message.id)?.reject(fromRecord(message.error));
        break;
    }
  }

  #post(message: ToFrame, transfer: Transferable[] = []): void {
    if (!this.#port) throw new LipsplatError("disposed");
    this.#port.postMessage(message, transfer);
  }

  async #call(
    message: WithoutId<ToFrame>,
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: Pending["onProgress"] } = {},
  ): Promise<Blob | undefined> {
    const id = ++this.#calls;
    const cancel = () => this.#post({ type: "cancel", id });
    const { promise, resolve, reject } = Promise.withResolvers<Blob | undefined>();
    this.#pending.set(id, { resolve, reject, onProgress });
    signal?.addEventListener("abort", cancel);
    try {
      this.#post({ ...message, id });
      if (signal?.aborted) cancel();
      return await promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#pending.delete(id);
    }
  }

  #drop(error: LipsplatError): void {
    this.#port?.close();
    this.#port = null;
    for (const { reject } of this.#pending.values()) reject(error);
  }
}

/**
 * Opens the conversation with the head in a frame, whenever that has loaded.
 * Rejects with a LipsplatError: `embed-refused`, `embed-newer` or `embed-unreachable`.
 */
export async function connectEmbed(
  iframe: HTMLIFrameElement,
  { timeoutMs = 15_000 }: EmbedOptions = {},
): Promise<LipSplatEmbed> {
  const { origin } = new URL(iframe.src, document.baseURI);
  const { promise, resolve, reject } = Promise.withResolvers<LipSplatEmbed>();
  let foreign = "";
  let instance = "";
  let port: MessagePort | undefined;

  function onGreeting({ data, source, origin: from }: MessageEvent): void {
    const greeting = readGreeting(data);
    if (source !== iframe.contentWindow || greeting?.lipsplat !== "here") return;
    if (from !== origin) {
      foreign = from;
      return;
    }
    if (greeting.instance === instance) return;
    instance = greeting.instance;
    port?.close();
    port = greet(iframe, origin);
    port.onmessage = onAnswer;
  }
  function onAnswer({ data, target }: MessageEvent<ToPage>): void {
    if (data.type === "refused") reject(fromRecord(data.error));
    if (data.type === "welcome" && target instanceof MessagePort)
      resolve(new LipSplatEmbed(iframe, origin, instance, target, data.status));
  }

  window.addEventListener("message", onGreeting);
  const timer = setTimeout(() => {
    const why = foreign ? `it came from ${foreign} instead of ${origin}.` : `nothing came from ${origin}.`;
    reject(new LipsplatError("embed-unreachable", why));
  }, timeoutMs);
  // It may have greeted before anybody listened.
  iframe.contentWindow?.postMessage({ lipsplat: "ask" } satisfies Greeting, "*");
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    window.removeEventListener("message", onGreeting);
  }
}

function greet(iframe: HTMLIFrameElement, origin: string): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const hello: Greeting = { lipsplat: "hello", version: PROTOCOL };
  iframe.contentWindow?.postMessage(hello, origin, [port2]);
  return port1;
}

/** What is on the page is fetched from there: relative addresses are the page's. */
const address = (source: Blob | URL | string): Blob | string =>
  source instanceof Blob ? source : new URL(source, document.baseURI).href;

function eventOf(event: HeadEvent): Event {
  switch (event.name) {
    case "progress":
    case "statechange":
    case "metrics":
      return new CustomEvent(event.name, { detail: event.detail });
    case "fallback":
      return new CustomEvent(event.name, { detail: fromRecord(event.detail) });
    case "error": {
      const error = fromRecord(event.detail);
      return new ErrorEvent("error", { error, message: error.message });
    }
    default:
      return new Event(event.name);
  }
}
