/** The page's own markup: an element that must be there, of the type the caller names. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`index.html holds no ${type.name} with the id ${id}`);
}

/** A new element with its text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

export function makeButton(label: string, onClick: () => void): HTMLButtonElement {
  const button = make("button", label);
  button.type = "button";
  button.className = "pill";
  button.addEventListener("click", onClick);
  return button;
}

/** Another of the page's icons, by its name in the sprite. */
export function setIcon(button: Element, name: string): void {
  button.querySelector("use")?.setAttribute("href", `#i-${name}`);
}

/** A live region speaks whenever it is written to, so only a change is written. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Lets a button open a file dialog through its hidden input; the same file may be chosen again. */
export function choosesFiles(buttonId: string, inputId: string, onFiles: (files: File[]) => void): void {
  const input = byId(inputId, HTMLInputElement);
  byId(buttonId, HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    if (files.length > 0) onFiles(files);
  });
}

/** Minutes and seconds, `1:05`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
