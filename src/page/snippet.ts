import { make, makeButton } from "./dom";

/** Text to take along, and the button that does. */
export function makeSnippet(text: string, name: string): HTMLElement {
  const pre = make("pre", "", make("code", text));
  const done = make("span");
  done.className = "hush";
  done.role = "status";
  const copy = makeButton("Copy", () => {
    navigator.clipboard.writeText(text).then(
      () => told("Copied"),
      // Not allowed here: it is left selected, to be copied by hand.
      () => {
        getSelection()?.selectAllChildren(pre);
        told("Selected");
      },
    );
  });
  copy.setAttribute("aria-label", `Copy ${name}`);
  pre.tabIndex = 0;
  pre.role = "region";
  pre.setAttribute("aria-label", name);
  const root = make("div", "", pre, copy, done);
  root.className = "snippet";
  return root;

  function told(word: string): void {
    copy.textContent = word;
    done.textContent = word;
    setTimeout(() => {
      copy.textContent = "Copy";
      done.textContent = "";
    }, 2000);
  }
}
