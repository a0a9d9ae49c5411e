import { isMood, type Mood } from "../motion/mood-names";
import type { PlayerOptions } from "../player/types";
import { ElementBase } from "./base";
import { languageOf, stringsFor } from "./strings";
import type { LipSplatEventMap, Quality, Strings } from "./types";

type Renderer = NonNullable<PlayerOptions["renderer"]>;

/** Avatar, its poster and speech model of elements that name none: the package sets those it ships. */
export const defaults = { src: "", poster: "", speech: "" };

/** What stands in the markup, as properties, and the types of the events. */
export class LipSplatAttributes extends ElementBase {
  /** Folder of the avatar's bundle, or a `.lipsplat` file. */
  get src(): string {
    return this.getAttribute("src") ?? defaults.src;
  }
  set src(folder: string) {
    this.setAttribute("src", folder);
  }
  /** Folder of the speech model. */
  get speech(): string {
    return this.getAttribute("speech") ?? defaults.speech;
  }
  set speech(folder: string) {
    this.setAttribute("speech", folder);
  }
  /** Address of the sound that `play`, `autoplay` and the controls play. */
  get sound(): string {
    return this.getAttribute("sound") ?? "";
  }
  set sound(address: string) {
    this.setAttribute("sound", address);
  }
  /** Address of what stands there until the head lives: the bundle's `poster.webp` where there is none. */
  get poster(): string {
    return this.getAttribute("poster") ?? "";
  }
  set poster(address: string) {
    this.setAttribute("poster", address);
  }
  /** `lazy`: loads when it comes near the window, or when it is first asked for something. */
  get loading(): "eager" | "lazy" {
    return this.getAttribute("loading") === "lazy" ? "lazy" : "eager";
  }
  set loading(when: "eager" | "lazy") {
    this.setAttribute("loading", when);
  }
  /** Plays `sound` as soon as the head lives and the browser lets it. */
  get autoplay(): boolean {
    return this.hasAttribute("autoplay");
  }
  set autoplay(wanted: boolean) {
    this.toggleAttribute("autoplay", wanted);
  }
  get muted(): boolean {
    return this.hasAttribute("muted");
  }
  set muted(muted: boolean) {
    this.toggleAttribute("muted", muted);
  }
  /** A bar to play, pause, seek, talk and set the volume. */
  get controls(): boolean {
    return this.hasAttribute("controls");
  }
  set controls(wanted: boolean) {
    this.toggleAttribute("controls", wanted);
  }
  /** `avatar` (as it was filmed), `transparent`, a CSS colour or `url(…)`. */
  get background(): string {
    return this.getAttribute("background") ?? "avatar";
  }
  set background(background: string) {
    this.setAttribute("background", background);
  }
  /** Of the face; its lips follow the sound. Another one is blended to; `setMood` tells how long that takes. */
  get mood(): Mood {
    const wanted = this.getAttribute("mood");
    return isMood(wanted) ? wanted : "neutral";
  }
  set mood(mood: Mood) {
    this.setAttribute("mood", mood);
  }
  get quality(): Quality {
    const wanted = this.getAttribute("quality");
    return wanted === "full" || wanted === "low" ? wanted : "auto";
  }
  set quality(quality: Quality) {
    this.setAttribute("quality", quality);
  }
  /** What is to draw it; what does is told by `metrics`. */
  get renderer(): Renderer {
    const wanted = this.getAttribute("renderer");
    return wanted === "webgpu" || wanted === "cpu" ? wanted : "auto";
  }
  set renderer(name: Renderer) {
    this.setAttribute("renderer", name);
  }

  /** Its texts, in the language of the nearest `lang`. */
  get strings(): Strings {
    return stringsFor(languageOf(this));
  }
  override addEventListener<K extends keyof LipSplatEventMap>(
    type: K,
    listener: (event: LipSplatEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener<K extends keyof HTMLElementEventMap>(
    type: Exclude<K, keyof LipSplatEventMap>,
    listener: (event: HTMLElementEventMap[K]) => void,
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
}
