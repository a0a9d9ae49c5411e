import { createFailure } from "./failure";
import { createProgress } from "./progress";
import { style } from "./style";
import type { Strings } from "./types";

let sheet: CSSStyleSheet | undefined;

/** A constructed sheet passes a content security policy that forbids inline styles. */
function sharedSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
  }
  return sheet;
}

/** What stands in the element's shadow: the canvas under the poster, the progress, the failure. */
export function createView(host: HTMLElement, strings: () => Strings, onRetry: () => void) {
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sharedSheet()];
  const stage = document.createElement("div");
  stage.className = "stage";
  const frame = document.createElement("div");
  frame.className = "poster";
  frame.part.add("poster");
  const slot = document.createElement("slot");
  slot.name = "poster";
  const poster = document.createElement("img");
  poster.alt = "";
  slot.append(poster);
  frame.append(slot);
  const progress = createProgress(strings);
  const failure = createFailure(strings, onRetry);
  const consent = document.createElement("p");
  consent.className = "consent";
  consent.part.add("consent");
  consent.hidden = true;
  stage.append(frame, consent, progress.root, failure.root);
  root.append(stage);

  return {
    stage,
    poster,
    progress,
    failure,
    /** The one in the page: it is replaced where the head has to be set up anew. */
    get canvas(): HTMLCanvasElement | null {
      return stage.querySelector("canvas");
    },
    /** A canvas of its own on the cleared stage, under the poster. */
    begin(): HTMLCanvasElement {
      const canvas = document.createElement("canvas");
      canvas.part.add("canvas");
      canvas.setAttribute("role", "img");
      stage.prepend(canvas);
      this.name();
      progress.root.hidden = false;
      progress.reset();
      return canvas;
    },
    /** Says what the picture is, in the element's language. */
    name(): void {
      this.canvas?.setAttribute("aria-label", strings().head);
      consent.textContent = strings().noConsent;
    },
    /** @param consented whether a statement of the person's consent came with the head; else the picture says so. */
    live(consented: boolean): void {
      consent.hidden = consented;
      stage.classList.add("live");
    },
    clear(): void {
      this.canvas?.remove();
      stage.classList.remove("live");
      failure.hide();
      consent.hidden = true;
      progress.root.hidden = true;
    },
  };
}

export type View = ReturnType<typeof createView>;
