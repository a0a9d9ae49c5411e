import type { LipSplatElement } from "../element/lip-splat";
import { avatarAddress } from "./address";
import { whenOpened } from "./dialogs";
import { byId, make } from "./dom";
import { makeSnippet } from "./snippet";

/** The head on other sites, as code to copy. */
export function createEmbed(head: LipSplatElement): void {
  whenOpened("embed", () => {
    const avatar = avatarAddress(head);
    const shown = avatar === "local" ? "https://your.site/avatar.lipsplat" : avatar;
    byId("embed-body", HTMLElement).replaceChildren(
      make("h3", "A frame"),
      make("p", "For any site: paste it where the head is to be. It talks to your page by messages."),
      makeSnippet(frameCode(shown), "the frame's code"),
      make("h3", "A tag"),
      make(
        "p",
        "For pages of your own: serve node_modules/lipsplat/lib as lipsplat/. An element, driven like a video.",
      ),
      makeSnippet(tagCode(shown), "the tag's code"),
      make("h3", "A package"),
      make("p", "The same with types, for React, Vue and Svelte: import lipsplat/define."),
      makeSnippet("npm install lipsplat", "the command"),
    );
  });
}

function frameCode(avatar: string | null): string {
  const url = new URL("/embed.html", location.href);
  if (avatar) url.searchParams.set("avatar", avatar);
  return `<iframe src="${attribute(url.href)}" width="400" height="400"
  allow="microphone; autoplay; fullscreen" title="A talking head"
  loading="lazy" style="border: 0"></iframe>`;
}

function tagCode(avatar: string | null): string {
  const src = avatar ? ` src="${attribute(avatar)}"` : "";
  return `<script type="module" src="./lipsplat/define.js"></script>
<lip-splat controls${src}></lip-splat>`;
}

const attribute = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
