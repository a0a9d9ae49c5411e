/** The scene needs more than this adapter can hold. */
export class RasterizerLimitError extends Error {
  override name = "RasterizerLimitError";
}
