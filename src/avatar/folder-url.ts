/** Whether this is the address of one file that holds a whole avatar (`.lipsplat`, or a file that was opened), not of a folder. */
export function isAvatarFile(url: URL): boolean {
  return url.protocol === "blob:" || url.pathname.endsWith(".lipsplat");
}

/**
 * Absolute address of a file in a folder, which may be given without its last slash; of the folder itself by default.
 * A `.lipsplat` file stands for the folder: its own address, and none ("") for what is in it.
 */
export function folderUrl(folder: string, file = ""): string {
  const url = new URL(folder, document.baseURI);
  if (isAvatarFile(url)) return file === "" ? url.href : "";
  // A speech model's encoder that brings its manifest along.
  if (url.hash !== "") return url.href;
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return new URL(file, url).href;
}
