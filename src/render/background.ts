/** What is seen behind the person; all but "avatar" need a bundle with a matte. */
export type Background =
  | "avatar"
  | "transparent"
  | { readonly color: string }
  | { readonly image: ImageBitmap };
