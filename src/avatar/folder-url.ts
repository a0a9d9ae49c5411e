/** Absolute address of a file in a folder, which may be given without its last slash; of the folder itself by default. */
export function folderUrl(folder: string, file = ""): string {
  return new URL(file, new URL(folder.endsWith("/") ? folder : `${folder}/`, document.baseURI)).href;
}
