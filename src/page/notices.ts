import type { LipsplatError, LipsplatErrorCode } from "../player/player";
import { make, makeButton } from "./dom";

/** Nothing failed: the head plays on, or the person asked for it. */
const calm: ReadonlySet<LipsplatErrorCode> = new Set([
  "no-webgpu",
  "gpu-too-small",
  "torso-undecodable",
  "decode-aborted",
]);

/** What went wrong and what to do, one notice per kind, each gone at a press of its button. */
export function createNotices(root: HTMLElement) {
  const shown = new Map<LipsplatErrorCode, HTMLElement>();

  function dismiss(code: LipsplatErrorCode): void {
    shown.get(code)?.remove();
    shown.delete(code);
  }

  return {
    show({ code, message, hint }: LipsplatError): void {
      dismiss(code);
      const notice = make("div");
      notice.className = "notice";
      notice.dataset["code"] = code;
      notice.setAttribute("role", calm.has(code) ? "status" : "alert");
      const text = make("p", message, make("small", hint));
      const close = makeButton("OK", () => dismiss(code));
      close.setAttribute("aria-label", `OK: ${message}`);
      notice.append(text, close);
      root.append(notice);
      shown.set(code, notice);
    },
    /** Takes back the failures that a sound which now plays has made untrue. */
    clearFailures(): void {
      for (const code of shown.keys()) {
        if (code === "decode-aborted" || !calm.has(code)) dismiss(code);
      }
    },
  };
}
