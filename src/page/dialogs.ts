import { byId } from "./dom";

/** Buttons with `data-opens` open the dialog of that id; a press beside it closes it. */
export function connectDialogs(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-opens]")) {
    const dialog = byId(button.dataset["opens"] ?? "", HTMLDialogElement);
    button.addEventListener("click", () => dialog.showModal());
  }
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      // What is pressed within it is a child: padding is the only own part of it that could be.
      const { left, right, top, bottom } = dialog.getBoundingClientRect();
      const { clientX: x, clientY: y, target } = event;
      if (target === dialog && (x < left || x > right || y < top || y > bottom)) dialog.close();
    });
  }
}

/** Runs whenever this dialog is opened. */
export function whenOpened(id: string, run: () => void): void {
  byId(id, HTMLDialogElement).addEventListener("toggle", (event) => {
    if (event.newState === "open") run();
  });
}

/** Whether something lies over the page that Escape is for. */
export const isCovered = () => document.querySelector("dialog[open], :popover-open") !== null;
