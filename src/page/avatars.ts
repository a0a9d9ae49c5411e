import { type AvatarDescription, describeAvatar } from "../avatar/describe";
import { folderUrl } from "../avatar/folder-url";
import type { LipSplatElement } from "../element/lip-splat";
import { LipsplatError } from "../player/player";
import { avatarAddress, DEFAULT_AVATAR } from "./address";
import { byId, choosesFiles, make, makeButton, megabytes } from "./dom";

/** What is true of any head. */
const OTHER = "A synthetic face: what it says, it was made to say.";

/** Another head: by address or from a file, looked at before anything large is fetched. */
export function createAvatars(head: LipSplatElement, onChange: () => void) {
  const dialog = byId("avatars", HTMLDialogElement);
  const found = byId("avatar-found", HTMLElement);
  const address = byId("avatar-url", HTMLInputElement);
  const own = byId("avatar-own", HTMLButtonElement);
  const poster = head.querySelector("img");
  const disclosure = byId("disclosure", HTMLElement);
  const ofDefault = disclosure.textContent;
  /** Of the file that is shown or looked at. */
  const files = new Map<string, string>();
  let looks = 0;

  byId("avatar-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void look(address.value.trim());
  });
  choosesFiles("avatar-choose", "avatar-file", ([file]) => file && takeFile(file));
  own.addEventListener("click", () => show(DEFAULT_AVATAR));
  dialog.addEventListener("toggle", () => {
    own.hidden = avatarAddress(head) === null;
    found.replaceChildren();
  });

  function takeFile(file: File): void {
    const url = URL.createObjectURL(file);
    files.set(url, file.name);
    void look(url);
  }

  /** What is at an address, what it costs to fetch, and a button that does. */
  async function look(text: string): Promise<void> {
    if (!dialog.open) dialog.showModal();
    const mine = ++looks;
    found.replaceChildren(make("p", "Looking …"));
    try {
      if (!URL.canParse(text, document.baseURI) || text === "") {
        throw new LipsplatError("bad-option", "this is no address of an avatar.");
      }
      const url = folderUrl(text);
      const description = await describeAvatar(new URL(url));
      if (mine === looks) offer(url, description);
    } catch (error) {
      if (mine === looks) refuse(error);
    }
  }

  function offer(url: string, { name, licence, consent, bytes, cachedBytes }: AvatarDescription): void {
    const card = make("div");
    card.className = "found";
    const title = make("b", name);
    const face = make("img");
    face.alt = "";
    // A file keeps its poster within.
    face.src = folderUrl(url, "poster.webp");
    face.hidden = face.getAttribute("src") === "";
    const cost = files.has(url)
      ? `${megabytes(bytes)}, from this machine: nothing is downloaded.`
      : bytes > cachedBytes
        ? `${megabytes(bytes - cachedBytes)} to download${cachedBytes > 0 ? `, ${megabytes(cachedBytes)} are here already` : ""}.`
        : `${megabytes(bytes)}, all of it here already.`;
    const text = make(
      "p",
      "",
      title,
      `${consent ?? "No consent statement was given for this face."} ${licence}`,
    );
    const use = makeButton("Show this head", () => show(url));
    card.append(face, text, make("p", cost, make("br"), use));
    found.replaceChildren(card);
  }

  function refuse(error: unknown): void {
    const known =
      error instanceof LipsplatError
        ? error
        : new LipsplatError("bundle-unreachable", `${error}.`, { cause: error });
    const text = make("p", known.message, make("small", known.hint));
    text.className = "refused";
    found.replaceChildren(text);
  }

  function show(src: string): void {
    dialog.close();
    if (src === head.src) return;
    // The page's own poster is of the default head; another brings its own.
    if (poster && src === DEFAULT_AVATAR) head.append(poster);
    else poster?.remove();
    disclosure.textContent = src === DEFAULT_AVATAR ? ofDefault : OTHER;
    head.src = src;
    const url = new URL(location.href);
    const kept = avatarAddress(head);
    if (kept === null || kept === "local") url.searchParams.delete("avatar");
    else url.searchParams.set("avatar", kept);
    history.replaceState(null, "", url);
    for (const one of files.keys()) {
      if (one === src) continue;
      URL.revokeObjectURL(one);
      files.delete(one);
    }
    onChange();
  }

  return { look, takeFile };
}
