/**
 * Whether a page of this origin may talk to the frame.
 * @param lists each a list of origins apart by spaces, or `*`; null where there is none. All of them must allow it:
 *   the host's own stands in embed.html, the frame's address can only narrow it.
 */
export function isAllowed(origin: string, lists: readonly (string | null | undefined)[]): boolean {
  return lists.every((list) => {
    if (list === null || list === undefined) return true;
    const allowed = list.split(/\s+/).filter(Boolean);
    return allowed.includes("*") || (origin !== "null" && allowed.includes(origin));
  });
}
