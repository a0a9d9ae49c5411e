import { byId } from "./dom";

/** Not in TypeScript's libraries: Chromium alone has it. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** Offers to install the page as an app where the browser offers it. */
export function createInstall(): void {
  const button = byId("install", HTMLButtonElement);
  let offer: InstallPrompt | undefined;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event as InstallPrompt;
    button.hidden = false;
  });
  window.addEventListener("appinstalled", () => {
    button.hidden = true;
  });
  button.addEventListener("click", () => {
    button.hidden = true;
    void offer?.prompt();
  });
}
