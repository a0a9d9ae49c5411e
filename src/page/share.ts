import type { LipSplatElement } from "../element/lip-splat";
import { avatarAddress } from "./address";
import { whenOpened } from "./dialogs";
import { byId, make } from "./dom";
import { makeSnippet } from "./snippet";

/** Takes the page along: its address, with the head it shows. */
export function createShare(head: LipSplatElement): void {
  const native = byId("share-native", HTMLButtonElement);
  native.hidden = typeof navigator.share !== "function";
  native.addEventListener("click", () => {
    // Whoever thinks better of it rejects it.
    navigator.share({ title: document.title, url: address() ?? location.href }).catch(() => undefined);
  });
  whenOpened("share", () => {
    const url = address();
    const body = byId("share-body", HTMLElement);
    if (url) body.replaceChildren(makeSnippet(url, "the address"));
    else
      body.replaceChildren(
        make("p", "This head comes from a file on this machine: send the .lipsplat file itself."),
      );
    native.disabled = url === null;
  });

  function address(): string | null {
    const avatar = avatarAddress(head);
    if (avatar === "local") return null;
    const url = new URL(location.pathname, location.href);
    if (avatar) url.searchParams.set("avatar", avatar);
    return url.href;
  }
}
