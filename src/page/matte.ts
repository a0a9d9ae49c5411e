import { folderUrl } from "../avatar/folder-url";
import { parseAvatar } from "../avatar/schema";
import { openSource } from "../avatar/source";
import type { LipSplatElement } from "../element/lip-splat";

/** Tells whether the head that is shown can stand before something else; a head that cannot be read says so itself. */
export async function offerMatte(head: LipSplatElement, onKnown: (matte: boolean) => void): Promise<void> {
  const { src } = head;
  const matte = await openSource(new URL(folderUrl(src))).then(
    ({ manifest }) => "matte" in parseAvatar(manifest).files,
    () => false,
  );
  if (src === head.src) onKnown(matte);
}
