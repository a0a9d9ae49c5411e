import { folderUrl } from "../avatar/folder-url";
import type { ToDisk, VideoOptions } from "../dub/types";
import { amiss, type ExpressionWeights } from "../motion/expression-names";
import { amissModules, type Modules } from "../motion/modules";
import { isMood, MOODS, type Mood } from "../motion/mood-names";
import { LipsplatError } from "../player/errors";
import type { Player, PlayerState } from "../player/types";
import { defaults, LipSplatAttributes } from "./attributes";
import { capturePicture } from "./capture";
import { checkFinite, checkMedia, checkPcm, checkSound, checkStream } from "./check";
import type { Controls } from "./controls";
import { createLoader } from "./loader";
import { readLookTarget } from "./look-target";
import { createPlayback } from "./playback";
import { languageOf, loadStrings } from "./strings";
import type { DubOptions, LookTarget } from "./types";
import { createView } from "./view";
import { createWishes } from "./wishes";

type Sound = Blob | URL | string;

/** In which a mood turns into another, where nothing is said of it. */
const MOOD_BLEND_MS = 300;

/** The head goes on by lesser means: `fallback`, not `error`. */
const NOTICES: readonly string[] = ["no-webgpu", "gpu-too-small", "torso-undecodable"];

const noMood = (name: unknown) =>
  new LipsplatError("bad-option", `there is no mood "${String(name)}"; there are ${MOODS.join(", ")}.`);

/**
 * A talking head that is driven like a media element.
 *
 * It takes its sound from `sound`, `dub`, a microphone, a stream, another media element or pushed samples, and where it
 * plays it, sound and face leave together. Methods reject, or throw, with a LipsplatError; one that is called before the
 * head lives waits for it. For another `playbackRate`, give the sound to an `<audio>` and attach that.
 *
 * @tagname lip-splat
 * @attr {string} src - Folder of the avatar's bundle, or a `.lipsplat` file; the package ships one
 * @attr {string} speech - Folder of the speech model; the package ships one
 * @attr {string} sound - Address of the sound that `play`, `autoplay` and the controls play
 * @attr {string} poster - Address of what stands there until the head lives; the bundle's own by default
 * @attr {"eager" | "lazy"} loading - `lazy`: loads when it comes near the window, or is first asked for something
 * @attr {boolean} autoplay - Plays `sound` as soon as the head lives and the browser lets it
 * @attr {boolean} muted - Silent; the face speaks on
 * @attr {boolean} controls - A bar to play, pause, seek, talk and set the volume
 * @attr {string} background - `avatar` (as it was filmed), `transparent`, a CSS colour or `url(…)`
 * @attr {"neutral" | "happy" | "sad" | "serious" | "surprised"} mood - Of the face; its lips follow the sound
 * @attr {"auto" | "full" | "low"} quality - Pixels or rate, where the machine cannot have both
 * @attr {"auto" | "webgpu" | "cpu"} renderer - What is to draw it
 * @attr {string} lang - Language of its texts: English and German come along, `setStrings` takes others
 * @fires {Event} loadstart - The head begins to load
 * @fires {CustomEvent<PlayerProgress>} progress - Bytes and steps of the loading
 * @fires {Event} canplay - The head lives
 * @fires {Event} play - `paused` turns false
 * @fires {Event} playing - A sound starts, or goes on, to be heard
 * @fires {Event} pause - `paused` turns true
 * @fires {Event} timeupdate - Four times a second while something plays, and after each seek
 * @fires {Event} durationchange
 * @fires {Event} seeked
 * @fires {Event} volumechange
 * @fires {Event} ended - A sound has come to its own end
 * @fires {Event} speechstart - A voice begins in what is heard
 * @fires {Event} speechend - It ends
 * @fires {CustomEvent<PlayerState>} statechange
 * @fires {CustomEvent<PlayerMetrics>} metrics - About once a second while the head is drawn
 * @fires {CustomEvent<LipsplatError>} fallback - The head goes on by lesser means
 * @fires {ErrorEvent} error - Its `error` is a LipsplatError
 * @slot poster - What stands there until the head lives
 * @csspart canvas - The picture
 * @csspart poster
 * @csspart progress
 * @csspart failure - What stands there where the head cannot be loaded
 * @csspart consent - Says so where nobody has stated the person's consent
 * @csspart controls
 * @cssprop [--lip-splat-background=#8490a6] - Behind the poster
 * @cssprop [--lip-splat-accent=#fff] - Of the progress and the controls
 */
export class LipSplatElement extends LipSplatAttributes {
  // biome-ignore format: one list
  static readonly observedAttributes = [
    "src", "speech", "sound", "poster", "loading", "autoplay",
    "muted", "controls", "background", "mood", "quality", "renderer", "lang",
  ];
  static readonly HAVE_NOTHING = 0;
  static readonly HAVE_ENOUGH_DATA = 4;
  readonly HAVE_NOTHING = 0;
  readonly HAVE_ENOUGH_DATA = 4;

  readonly #view = createView(
    this,
    () => this.strings,
    () => void this.load(),
  );
  readonly #playback = createPlayback({
    tell: (type) => this.dispatchEvent(new Event(type)),
    player: () => this.player,
  });
  readonly #wishes = createWishes(() => this.player);
  readonly #loader = createLoader({
    host: this,
    view: this.#view,
    options: async () => {
      await this.#standing;
      return { ...this.#addresses, background: this.#wishes.begin() };
    },
    onState: (state) => this.#setState(state),
    onPlayer: (player) => this.#brief(player),
    tell: (error) => this.#tell(error),
  });
  #disposed = false;
  /** Videos under way. */
  #exports = 0;
  /** The sound that `play` plays again. */
  #sound: Sound | null = null;
  #backgrounds = 0;
  /** The background that the first frame is to have; never rejects. */
  #standing: Promise<void> | undefined;
  #moodBlendMs = MOOD_BLEND_MS;
  #controls: Promise<Controls> | null = null;
  #inView: IntersectionObserver | null = null;

  get state(): PlayerState {
    return this.#playback.state;
  }
  /** `HAVE_NOTHING` until the head lives, then `HAVE_ENOUGH_DATA`. */
  get readyState(): 0 | 4 {
    return this.player ? 4 : 0;
  }
  /** Why there is no head; null where nothing has failed. */
  get error(): LipsplatError | null {
    return this.#loader.error;
  }
  get paused(): boolean {
    return this.#playback.paused;
  }
  get ended(): boolean {
    return this.#playback.ended;
  }
  /** Seconds; 0 without a sound, Infinity for what has no end. */
  get duration(): number {
    return this.#playback.duration;
  }
  /** Audible position, seconds. Setting it seeks in a file. @throws LipsplatError `bad-option`. */
  get currentTime(): number {
    return this.#playback.currentTime;
  }
  set currentTime(seconds: number) {
    this.#assertAlive();
    checkFinite("currentTime", seconds, 0, Number.MAX_VALUE);
    if (this.player && (this.state === "playing" || this.state === "paused")) this.player.seek(seconds);
    else this.#playback.rest(seconds);
    this.dispatchEvent(new Event("timeupdate"));
    this.dispatchEvent(new Event("seeked"));
  }
  /** 0 … 1. @throws LipsplatError `bad-option`. */
  get volume(): number {
    return this.#wishes.volume;
  }
  set volume(volume: number) {
    this.#assertAlive();
    this.#wishes.volume = checkFinite("volume", volume, 0, 1);
    this.dispatchEvent(new Event("volumechange"));
  }
  /** While it listens, for a level meter. */
  get microphone(): MediaStream | null {
    return this.player?.microphone ?? null;
  }
  /** The player under the element, for tools; null until the head lives. */
  get player(): Player | null {
    return this.#loader.player;
  }
  connectedCallback(): void {
    this.#showPoster();
    this.#refreshStrings();
    if (this.controls) this.#showControls();
    if (!this.#loader.ready) this.#loadSoon();
  }

  // A move within the page disconnects too: the head is only let go where it stays out.
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (!this.isConnected) this.#unload();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || this.#disposed) return;
    if (name === "sound") this.#sound = after;
    else if (name === "muted") this.#tellMuted();
    else if (name === "background") this.setBackground(this.background).catch((error) => this.#tell(error));
    else if (name === "mood") this.#showMood();
    else if (name === "quality" && this.player) this.player.quality = this.quality;
    // What stands in the markup comes before it is connected.
    if (!this.isConnected) return;
    if (name === "poster") this.#showPoster();
    else if (name === "controls") this.#showControls();
    else if (name === "lang") this.#refreshStrings();
    else if (name === "loading" && !this.#loader.ready) this.#loadSoon();
    else if (["src", "speech", "renderer"].includes(name) && this.#loader.ready) void this.load();
    else if (name === "autoplay" && this.player) this.#autoplay();
  }

  /** Loads the head afresh. Never rejects: a failure is shown, told by `error` and stands in `error`. */
  async load(): Promise<void> {
    this.#assertAlive();
    this.#unload();
    this.#showPoster();
    if (await this.#loader.load()) this.#autoplay();
  }

  /** Goes on, or plays `sound` or the last dubbed one from the start or from `currentTime`. From a user gesture. */
  async play(): Promise<void> {
    const player = await this.#live();
    if (this.state === "paused") return this.#resume(player);
    if (!this.paused) return;
    if (!this.#sound)
      throw new LipsplatError("bad-option", "there is no sound to play: set sound, or dub one.");
    await this.#dub(player, this.#sound, this.#playback.resting);
  }

  pause(): void {
    this.#assertAlive();
    this.player?.pause();
  }

  /** Plays a sound, and the face speaks it; resolves when it starts to be heard. From a user gesture. */
  async dub(sound: Sound, { signal }: DubOptions = {}): Promise<void> {
    this.#assertAlive();
    checkSound(sound);
    this.#sound = sound;
    const player = await this.#live();
    if (signal?.aborted) throw new LipsplatError("decode-aborted");
    await this.#dub(player, sound, 0, signal);
  }

  /** The face follows the microphone until `stop`; it is not played to the speakers. From a user gesture. */
  async attachMicrophone(device?: string | MediaTrackConstraints): Promise<void> {
    const player = await this.#live();
    await this.#playback.cut(() => player.startMicrophone(device));
  }

  /** Plays the sound of a stream, of a call or a synthesiser, as late as its face needs. From a user gesture. */
  async attachStream(stream: MediaStream): Promise<void> {
    this.#assertAlive();
    checkStream(stream);
    const player = await this.#live();
    await this.#playback.cut(() => player.playStream(stream));
  }

  /** The same for an `<audio>` or `<video>`, which is heard through the head from then on. From a user gesture. */
  async attachElement(media: HTMLMediaElement): Promise<void> {
    this.#assertAlive();
    checkMedia(media);
    const player = await this.#live();
    await this.#playback.cut(() => player.playElement(media));
  }

  /**
   * Appends one channel of sound to what is pushed: played in order, without a gap, at any chunk size.
   * What comes before the head lives waits for it.
   * @param rate Hz, 3000 … 768000. @throws LipsplatError `bad-sound`.
   */
  pushAudio(samples: Int16Array | Float32Array, rate: number): void {
    this.#assertAlive();
    checkPcm(samples, rate);
    this.#wishes.push(samples, rate);
    if (!this.player) this.#live().catch(() => undefined);
  }

  /** Resolves when all that was pushed has been heard; what is pushed then is a new sound. */
  async flush(): Promise<void> {
    await (await this.#live()).flush();
  }

  /** Barge-in: sound and face stop in the same frame, and what was not heard is dropped. Ready for the next at once. */
  interrupt(): void {
    this.#assertAlive();
    this.#wishes.dropPushed();
    void this.#playback.cut(() => this.player?.interrupt());
  }

  /** Ends whatever speaks, a microphone too; `play` starts it again. */
  stop(): void {
    this.#assertAlive();
    this.#wishes.dropPushed();
    void this.#playback.cut(() => this.player?.stop());
    this.#playback.rest(0);
  }

  /**
   * Blends to named expressions (`smile`, `surprise`, `frown`, `worry`, `squint`, `blink`: 0 … 1) and to single
   * coefficients by their ARKit names, over the idle motion; lips go on to follow the sound. null gives the face back.
   * @param blendMs 300 by default. @throws LipsplatError `bad-option`.
   */
  setExpression(weights: ExpressionWeights | null, blendMs = 300): void {
    this.#assertAlive();
    const wrong = weights === null ? undefined : amiss(weights);
    if (wrong) throw new LipsplatError("bad-option", wrong);
    checkFinite("blendMs", blendMs, 0, 60_000);
    this.#wishes.setExpression(weights, blendMs);
  }

  /** Blends to a mood, as the attribute does; lips go on to follow the sound. @throws LipsplatError `bad-option`. */
  setMood(name: Mood, { blendMs = MOOD_BLEND_MS }: { readonly blendMs?: number } = {}): void {
    this.#assertAlive();
    if (!isMood(name)) throw noMood(name);
    this.#moodBlendMs = checkFinite("blendMs", blendMs, 0, 60_000);
    this.mood = name;
    this.#moodBlendMs = MOOD_BLEND_MS;
  }

  /**
   * What makes the face more than its capture, each to be switched off to see what it does: `generator` (brows, lids, gaze,
   * smile and nods by the voice), `codec` (maps them into what this avatar has shown), `restorer` (paints what is missing
   * between jaw and neck). What is left out when it is set stays as it is. @throws LipsplatError `bad-option`, naming the field.
   */
  get modules(): Modules {
    return this.#wishes.modules;
  }
  set modules(switches: Partial<Modules>) {
    this.#assertAlive();
    const wrong = amissModules(switches);
    if (wrong) throw new LipsplatError("bad-option", wrong);
    this.#wishes.modules = { ...this.#wishes.modules, ...switches };
  }

  /** Eyes and head turn to a target; null: they wander again. @throws LipsplatError `bad-option`. */
  lookAt(target: LookTarget | null): void {
    this.#assertAlive();
    this.#wishes.lookAt(target === null ? null : readLookTarget(target, this));
  }

  /** What the attribute says, or an image at hand. Rejects with `bad-option`; the last background stays then. */
  setBackground(background: string | Blob | ImageBitmap): Promise<void> {
    const set = this.#readBackground(background);
    // What must be fetched may take its time, and comes when it comes.
    if (!String(background).startsWith("url")) this.#standing = set.catch(() => undefined);
    return set;
  }

  async #readBackground(background: string | Blob | ImageBitmap): Promise<void> {
    this.#assertAlive();
    const wish = ++this.#backgrounds;
    const { readBackground } = await import("./background");
    const read = await readBackground(background);
    if (wish === this.#backgrounds && !this.#disposed) this.#wishes.setBackground(read);
  }

  /**
   * Another avatar: an address as `src` takes it, or a `.lipsplat` file itself. Resolves when it lives.
   * Rejects, and keeps the present one, where it is out of reach, damaged or of a newer format.
   */
  async loadAvatar(avatar: Blob | URL | string): Promise<void> {
    this.#assertAlive();
    const address = avatar instanceof Blob ? URL.createObjectURL(avatar) : String(avatar);
    const { describeAvatar } = await import("../avatar/describe");
    await describeAvatar(new URL(folderUrl(address)));
    this.src = address;
    await this.#live();
  }

  /**
   * Picture and sound as they are shown and heard, for a call, a recorder or a virtual camera.
   * It outlives a lost graphics device; after `load` take another.
   * @param fps as frames come where none is given. @throws LipsplatError `not-ready` before `canplay`.
   */
  captureStream(fps?: number): MediaStream {
    this.#assertAlive();
    if (fps !== undefined) checkFinite("fps", fps, 0, 120);
    if (!this.player) throw new LipsplatError("not-ready", "there is nothing to capture.");
    const stream = capturePicture(() => this.#view.canvas, fps);
    // Clones: to stop one capture is not to end the next.
    for (const track of this.player.sound().getAudioTracks()) stream.addTrack(track.clone());
    return stream;
  }

  /**
   * Renders a sound into a video of this head, with no part in what it plays: every frame at its exact time.
   * Where a `target` is given the video is written there as it comes, else it is returned.
   */
  exportVideo(src: Sound, options: VideoOptions & ToDisk): Promise<undefined>;
  exportVideo(src: Sound, options?: VideoOptions): Promise<Blob>;
  async exportVideo(src: Sound, options: VideoOptions & Partial<ToDisk> = {}): Promise<Blob | undefined> {
    this.#assertAlive();
    checkSound(src);
    const wanted = { ...this.#addresses, mood: this.mood, modules: this.modules, ...options };
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

  /** Gives back all it holds, at any time, more than once too; every call after it throws `disposed`. */
  dispose(): void {
    this.#disposed = true;
    this.#unload();
    this.#wishes.dropPushed();
    this.#inView?.disconnect();
    void this.#controls?.then((controls) => controls.destroy());
    this.#controls = null;
  }

  #assertAlive(): void {
    if (this.#disposed) throw new LipsplatError("disposed");
  }

  async #live(): Promise<Player> {
    this.#assertAlive();
    if (!this.#loader.ready) {
      if (!this.isConnected) throw new LipsplatError("not-ready", "the element is not in a page.");
      void this.load();
    }
    const player = await this.#loader.ready;
    this.#assertAlive();
    if (!player) throw new LipsplatError("not-ready", "the element is not in a page.");
    return player;
  }

  get #addresses() {
    return {
      avatarUrl: folderUrl(this.src),
      speechUrl: folderUrl(this.speech),
      renderer: this.renderer,
    };
  }

  #brief(player: Player): void {
    player.muted = this.muted;
    player.quality = this.quality;
    this.#wishes.tell(player);
  }

  async #dub(player: Player, sound: Sound, from: number, signal?: AbortSignal): Promise<void> {
    await this.#playback.cut(async () => {
      this.#playback.forget();
      await player.playFile(sound, signal);
    });
    if (from > 0) player.seek(from);
  }

  /** Resolves when it is heard again; rejects where the browser holds the sound back. */
  async #resume(player: Player): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    await new Promise((resolve, reject) => {
      this.addEventListener("statechange", resolve, { signal });
      this.addEventListener("error", ({ error }) => reject(error), { signal });
      player.resume();
    }).finally(() => over.abort());
  }

  #autoplay(): void {
    if (this.autoplay && this.paused && this.#sound) void this.play().catch((error) => this.#tell(error));
  }

  #loadSoon(): void {
    this.#inView?.disconnect();
    if (this.#disposed) return;
    if (this.loading === "eager") return void this.load();
    this.#inView = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.#inView?.disconnect();
        if (!this.#loader.ready && this.isConnected) void this.load();
      },
      { rootMargin: "300px" },
    );
    this.#inView.observe(this);
  }

  #showPoster(): void {
    const shipped = this.src === defaults.src && defaults.poster;
    this.#view.poster.src = this.poster || shipped || folderUrl(this.src, "poster.webp");
  }

  #tellMuted(): void {
    if (this.player) this.player.muted = this.muted;
    this.dispatchEvent(new Event("volumechange"));
  }

  #showMood(): void {
    const { mood } = this;
    const named = this.getAttribute("mood");
    if (named && named !== mood) this.#tell(noMood(named));
    if (mood !== this.#wishes.mood) this.#wishes.setMood(mood, this.#moodBlendMs);
  }

  #showControls(): void {
    this.#controls ??= import("./controls").then(({ createControls }) =>
      createControls(this, this.#view.stage),
    );
    void this.#controls.then((controls) => {
      controls.root.hidden = !this.controls;
    });
  }

  #refreshStrings(): void {
    const show = () => {
      this.#view.name();
      void this.#controls?.then((controls) => controls.refresh());
    };
    show();
    void loadStrings(languageOf(this)).then((others) => others && show());
  }

  /** On the processor a head that only idles takes half the pace from a video under way: it stands meanwhile. */
  #makeRoom(): void {
    if (this.player)
      this.player.held = this.#exports > 0 && this.state === "idle" && this.player.renderer === "cpu";
  }

  #setState(state: PlayerState): void {
    if (state === this.state) return;
    this.#playback.onState(state);
    this.#makeRoom();
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
  }

  #tell(error: LipsplatError): void {
    if (NOTICES.includes(error.code)) this.dispatchEvent(new CustomEvent("fallback", { detail: error }));
    else this.dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
  }

  #unload(): void {
    this.#loader.unload();
    this.#playback.forget();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "lip-splat": LipSplatElement;
  }
}
