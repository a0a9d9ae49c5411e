import type { LipSplatElement } from "../element/lip-splat";

export const DEFAULT_AVATAR = "/models/default/";

/** Absolute address of the head that is shown; null for the default one, `local` for a file on this machine. */
export function avatarAddress(head: LipSplatElement): string | "local" | null {
  if (head.src === DEFAULT_AVATAR) return null;
  const { protocol, href } = new URL(head.src, document.baseURI);
  return protocol === "blob:" ? "local" : href;
}
