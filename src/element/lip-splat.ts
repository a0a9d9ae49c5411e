import { folderUrl } from "../avatar/folder-url";
import type { ToDisk, VideoOptions } from "../dub/types";
import {
  createPlayer,
  LipsplatError,
  type Player,
  type PlayerMetrics,
  type PlayerOptions,
  type PlayerProgress,
  type PlayerState,
} from "../player/player";
import { createFailure } from "./failure";
import { createProgress } from "./progress";
import { style } from "./style";

type Renderer = NonNullable<PlayerOptions["renderer"]>;
const renderers: readonly Renderer[] = ["auto", "webgpu", "cpu"];

/** What the element says, beside the DOM's own events; `error` is an ErrorEvent whose `error` is a LipsplatError. */
export interface LipSplatEventMap {
  progress: CustomEvent<PlayerProgress>;
  statechange: CustomEvent<PlayerState>;
  metrics: CustomEvent<PlayerMetrics>;
  error: ErrorEvent;
}

/**
 * `<lip-splat src="/models/default/" speech="/models/speech/">`: a talking head, loaded as soon as it is in the page.
 *
 * `src` is the folder of an avatar bundle, `speech` that of the speech model. An image in the slot `poster`
 * (else the bundle's `poster.webp`) stands there until the head lives. `renderer="webgpu|cpu|auto"` says what draws it.
 */
export class LipSplatElement extends HTMLElement {
  static readonly observedAttributes = ["src", "speech", "renderer"];

  readonly #stage = document.createElement("div");
  readonly #poster = document.createElement("img");
  readonly #progress = createProgress();
  readonly #failure = createFailure(() => void this.load());
  #canvas: HTMLCanvasElement | null = null;
  #player: Player | null = null;
  #ready: Promise<Player> | null = null;
  #state: PlayerState = "loading";
  #loads = 0;
  /** Videos under way. */
  #exports = 0;

  constructor() {
    super();
    const sheet = document.createElement("style");
    sheet.textContent = style;
    const poster = document.createElement("div");
    poster.className = "poster";
    poster.part.add("poster");
    const slot = document.createElement("slot");
    slot.name = "poster";
    this.#poster.alt = "";
    slot.append(this.#poster);
    poster.append(slot);
    this.#stage.append(poster, this.#progress.root, this.#failure.root);
    this.attachShadow({ mode: "open" }).append(sheet, this.#stage);
  }

  get src(): string {
    return this.getAttribute("src") ?? "";
  }
  set src(folder: string) {
    this.setAttribute("src", folder);
  }
  get speech(): string {
    return this.getAttribute("speech") ?? "";
  }
  set speech(folder: string) {
    this.setAttribute("speech", folder);
  }
  /** What is to draw it; what does stands in `player.renderer`. */
  get renderer(): Renderer {
    return renderers.find((name) => name === this.getAttribute("renderer")) ?? "auto";
  }
  set renderer(name: Renderer) {
    this.setAttribute("renderer", name);
  }
  get state(): PlayerState {
    return this.#state;
  }
  /** Audible position in seconds; 0 when nothing plays. */
  get currentTime(): number {
    return this.#player?.currentTime ?? 0;
  }
  /** Seconds; 0 when nothing plays, Infinity for the microphone. */
  get duration(): number {
    return this.#player?.duration ?? 0;
  }
  /** The player under the element; null until the head lives. */
  get player(): Player | null {
    return this.#player;
  }

  connectedCallback(): void {
    if (!this.#ready) void this.load();
  }

  // A move within the page disconnects too: the head is only let go where it stays out.
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (!this.isConnected) this.#unload();
    });
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    // Those that stand in the markup come before it is connected.
    if (this.#ready && before !== after) void this.load();
  }

  /** Loads the head afresh. Never rejects: a failure is shown, and told by `error`. */
  async load(): Promise<void> {
    this.#unload();
    this.#poster.src = folderUrl(this.src, "poster.webp");
    const load = this.#loads;
    this.#canvas = document.createElement("canvas");
    this.#canvas.part.add("canvas");
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", "A talking head, a synthetic person");
    this.#stage.prepend(this.#canvas);
    this.#setState("loading");
    this.#ready = createPlayer({
      canvas: this.#canvas,
      avatarUrl: folderUrl(this.src),
      speechUrl: folderUrl(this.speech),
      renderer: this.renderer,
      onProgress: (progress) => {
        if (load === this.#loads) this.#onProgress(progress);
      },
      onState: (state) => {
        // Until the player is at hand it is loading.
        if (load === this.#loads && this.#player) this.#setState(state);
      },
      onMetrics: (detail) => this.dispatchEvent(new CustomEvent("metrics", { detail })),
      onError: (error) => {
        if (load === this.#loads) this.#tell(error);
      },
    });
    try {
      const player = await this.#ready;
      if (load !== this.#loads) return player.destroy();
      this.#player = player;
      this.#stage.classList.add("live");
      this.#setState(player.state);
    } catch (error) {
      if (load === this.#loads) this.#fail(error);
    }
  }

  /** Plays a sound, and the face follows; waits for the head where it is still loading. Rejects with a LipsplatError. */
  async play(file: Blob | URL | string, signal?: AbortSignal): Promise<void> {
    await (await this.#live()).playFile(file, signal);
  }

  /** The face follows the microphone until `stop`. Rejects with a LipsplatError. */
  async listen(deviceId?: string): Promise<void> {
    await (await this.#live()).startMicrophone(deviceId);
  }

  /**
   * Renders a sound into a video of this head, with no part in what it plays: every frame at its exact time.
   * Where a `target` is given the video is written there as it comes, else it is returned. Rejects with a LipsplatError.
   */
  exportVideo(src: Blob | URL | string, options: VideoOptions & ToDisk): Promise<undefined>;
  exportVideo(src: Blob | URL | string, options?: VideoOptions): Promise<Blob>;
  async exportVideo(
    src: Blob | URL | string,
    options: VideoOptions & Partial<ToDisk> = {},
  ): Promise<Blob | undefined> {
    const wanted = {
      renderer: this.renderer,
      ...options,
      avatarUrl: folderUrl(this.src),
      speechUrl: folderUrl(this.speech),
    };
    this.#exports++;
    this.#makeRoom();
    try {
      const { exportVideo } = await import("../dub/export");
      return await exportVideo(src, wanted);
    } finally {
      this.#exports--;
      this.#makeRoom();
    }
  }

  /** On the processor a head that only idles takes half the pace from a video under way: it stands meanwhile. */
  #makeRoom(): void {
    if (this.#player)
      this.#player.held = this.#exports > 0 && this.#state === "idle" && this.#player.renderer === "cpu";
  }

  stop(): void {
    this.#player?.stop();
  }
  pause(): void {
    this.#player?.pause();
  }
  resume(): void {
    this.#player?.resume();
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
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }

  async #live(): Promise<Player> {
    if (!this.#ready) void this.load();
    if (!this.#ready) throw new TypeError("the <lip-splat> element is not in a page");
    return this.#ready;
  }

  #onProgress(detail: PlayerProgress): void {
    this.#progress.show(detail);
    this.dispatchEvent(new CustomEvent("progress", { detail }));
  }

  #setState(state: PlayerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#makeRoom();
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
  }

  #fail(error: unknown): void {
    const known =
      error instanceof LipsplatError
        ? error
        : new LipsplatError("worker-died", String(error), { cause: error });
    this.#failure.show(known);
    this.#progress.root.hidden = true;
    this.#setState("failed");
    this.#tell(known);
  }

  #tell(error: LipsplatError): void {
    this.dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
  }

  #unload(): void {
    this.#loads++;
    this.#player?.destroy();
    this.#player = null;
    this.#ready = null;
    this.#canvas?.remove();
    this.#canvas = null;
    this.#stage.classList.remove("live");
    this.#failure.hide();
    this.#progress.root.hidden = false;
    this.#progress.reset();
  }
}

customElements.define("lip-splat", LipSplatElement);

declare global {
  interface HTMLElementTagNameMap {
    "lip-splat": LipSplatElement;
  }
}
