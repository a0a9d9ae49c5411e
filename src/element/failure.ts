import type { LipsplatError } from "../player/player";

/** What stands over the poster where the head could not be loaded: what happened, what to do, a way to try again. */
export function createFailure(onRetry: () => void) {
  const root = document.createElement("div");
  root.className = "failure";
  root.part.add("failure");
  root.setAttribute("role", "alert");
  root.hidden = true;
  const what = document.createElement("p");
  const todo = document.createElement("p");
  const retry = document.createElement("button");
  retry.type = "button";
  retry.textContent = "Try again";
  retry.addEventListener("click", onRetry);
  root.append(what, todo, retry);
  return {
    root,
    show(error: LipsplatError): void {
      what.textContent = error.message;
      todo.textContent = error.hint;
      root.hidden = false;
    },
    hide(): void {
      root.hidden = true;
    },
  };
}
