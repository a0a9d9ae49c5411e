import "./painted";
import "./wish";
import { LipSplatElement } from "../element/lip-splat";
import { LipsplatError } from "../player/player";
import { createAvatars } from "./avatars";
import { createCaptions } from "./captions";
import { createDeck } from "./deck";
import { connectDialogs, isCovered } from "./dialogs";
import { byId, choosesFiles } from "./dom";
import { acceptDrops } from "./drop";
import { createEmbed } from "./embed";
import { createFigures } from "./figures";
import { createFullScreen } from "./full-screen";
import { createInstall } from "./install";
import { sortFiles } from "./kinds";
import { createMicrophone } from "./microphone";
import { createMood } from "./mood";
import { createNotices } from "./notices";
import { readOffers } from "./offers";
import { createPicture } from "./picture";
import { createSamples } from "./samples";
import { createSaver } from "./save";
import { createShare } from "./share";
import { createVideoWish } from "./video-wish";
import { createVolume } from "./volume";
import { wishedAvatar } from "./wish";

// Not by `element/define`: a module imported beside `painted` does not wait for it.
customElements.define("lip-splat", LipSplatElement);
const head = byId("head", LipSplatElement);
const notices = createNotices(byId("notices", HTMLElement));
const captions = createCaptions(head);
const deck = createDeck(head, captions, cancel, show);
const picture = createPicture(head, show);
const videoWish = createVideoWish(captions, picture);
const saver = createSaver(head, videoWish, (error) => notices.show(error));
const avatars = createAvatars(head, refreshOffers);
let decoding = new AbortController();

createSamples(async ({ url, title, captions: address }) => {
  captions.clear();
  play(url, title);
  if (address) captions.set(await (await fetch(address)).text(), title);
});
createMicrophone(head, (wanted) => {
  deck.name("your voice");
  void attempt(head.attachMicrophone(wanted));
});
createVolume(head);
createMood(head);
const figures = createFigures(head);
createFullScreen();
createShare(head);
createEmbed(head);
createInstall();
connectDialogs();
choosesFiles("choose", "file", take);
acceptDrops(byId("drop", HTMLElement), take);
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || isCovered()) return;
  if (head.state === "decoding") cancel();
  else head.stop();
});
head.addEventListener("error", ({ error }) => show(error));
head.addEventListener("fallback", ({ detail }) => show(detail));
head.addEventListener("statechange", () => {
  if (head.state === "playing" || head.state === "listening") notices.clearFailures();
});
refreshOffers();
if (wishedAvatar) void avatars.look(wishedAvatar);

/** Files that were chosen or dropped together: a sound, its captions, an image to stand before, or another head. */
function take(files: readonly File[]): void {
  const { avatar, sound, captions: texts, image } = sortFiles(files);
  if (avatar) avatars.takeFile(avatar);
  if (sound) {
    captions.clear();
    play(sound, sound.name);
  }
  if (texts) void captions.take(texts);
  if (image) {
    if (picture.offered) picture.setImage(image);
    else
      show(
        new LipsplatError("bad-option", "this head comes without a matte, so nothing can stand behind it."),
      );
  }
}

function play(sound: Blob | string, name: string): void {
  cancel();
  decoding = new AbortController();
  deck.name(name, sound);
  saver.offer(sound, name);
  const playing = head.dub(sound, { signal: decoding.signal }).catch((error: unknown) => {
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

function refreshOffers(): void {
  void readOffers(head, (files) => {
    picture.offer("matte" in files);
    figures.offer(files);
    videoWish.refresh();
  });
}
