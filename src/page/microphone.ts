import type { LipSplatElement } from "../element/lip-splat";
import { byId, make } from "./dom";

/** The voice that moves the face: start and end, device, echo cancellation, and that it is plain to see when it is live. */
export function createMicrophone(
  head: LipSplatElement,
  listen: (wanted: MediaTrackConstraints) => void,
): void {
  const talk = byId("talk", HTMLButtonElement);
  const device = byId("device", HTMLSelectElement);
  const echo = byId("echo", HTMLInputElement);
  const live = byId("live", HTMLElement);
  const title = document.title;

  const start = () =>
    listen({
      echoCancellation: echo.checked,
      ...(device.value && { deviceId: { exact: device.value } }),
    });
  const again = () => {
    if (head.state === "listening") start();
  };
  talk.addEventListener("click", () => (head.state === "listening" ? head.stop() : start()));
  device.addEventListener("change", again);
  echo.addEventListener("change", again);
  byId("microphone", HTMLElement).addEventListener("beforetoggle", () => void list());
  navigator.mediaDevices?.addEventListener("devicechange", () => void list());
  head.addEventListener("statechange", refresh);

  function refresh(): void {
    const listening = head.state === "listening";
    talk.setAttribute("aria-pressed", String(listening));
    byId("talk-name", HTMLElement).textContent = listening ? "Listening" : "Talk";
    byId("talk-hint", HTMLElement).textContent = listening
      ? "Press to end"
      : "Your microphone moves the face";
    talk.parentElement?.classList.toggle("primary", listening);
    byId("sample", HTMLButtonElement).parentElement?.classList.toggle("primary", !listening);
    live.hidden = !listening;
    document.title = listening ? `● Listening – ${title}` : title;
    // Names come with the permission.
    if (listening) void list();
  }

  async function list(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const inputs = all.filter(
      ({ kind, deviceId }) => kind === "audioinput" && deviceId && deviceId !== "default",
    );
    const chosen = device.value;
    const options = inputs.map(({ deviceId, label }, i) => {
      const option = make("option", label || `Microphone ${i + 1}`);
      option.value = deviceId;
      return option;
    });
    const first = device.options[0];
    device.replaceChildren(...(first ? [first] : []), ...options);
    device.value = inputs.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
  }
}
