import { folderUrl } from "../avatar/folder-url";
import { type AvatarManifest, parseAvatar } from "../avatar/schema";
import { openSource } from "../avatar/source";
import type { LipSplatElement } from "../element/lip-splat";

/** Tells what files the head that is shown comes with; a head that cannot be read says so itself. */
export async function readOffers(
  head: LipSplatElement,
  onKnown: (files: Partial<AvatarManifest["files"]>) => void,
): Promise<void> {
  const { src } = head;
  const files = await openSource(new URL(folderUrl(src))).then(
    ({ manifest }) => parseAvatar(manifest).files,
    () => ({}),
  );
  if (src === head.src) onKnown(files);
}
