/** What is seen behind the person; all but "avatar" need a bundle with a matte. */
export type Background =
  | "avatar"
  | "transparent"
  /** As CSS writes colours. */
  | { readonly color: string }
  /** Drawn so that it covers the canvas, its middle in the middle. */
  | { readonly image: ImageBitmap };
