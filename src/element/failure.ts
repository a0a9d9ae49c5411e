import type { LipsplatError } from "../player/errors";
import type { Strings } from "./types";

/** What stands over the poster where the head could not be loaded: what happened, what to do, a way to try again. */
export function createFailure(strings: () => Strings, onRetry: () => void) {
  const root = document.createElement("div");
  root.className = "failure";
  root.part.add("failure");
  root.setAttribute("role", "alert");
  root.hidden = true;
  const what = document.createElement("p");
  const todo = document.createElement("p");
  const retry = document.createElement("button");
  retry.type = "button";
  retry.addEventListener("click", onRetry);
  root.append(what, todo, retry);
  return {
    root,
    show(error: LipsplatError): void {
      const texts = strings();
      const [sentence, hint] = texts.errors?.[error.code] ?? [error.message, error.hint];
      what.textContent = sentence.replace("%", error.detail);
      todo.textContent = hint;
      retry.textContent = texts.retry;
      root.hidden = false;
    },
    hide(): void {
      root.hidden = true;
    },
  };
}
