/** What files can be to this page; anything that is nothing else is taken for a sound, and judged when it is decoded. */
export interface Sorted {
  readonly avatar?: File;
  readonly captions?: File;
  readonly image?: File;
  readonly sound?: File;
}

/** One of each kind out of what was chosen or dropped together: the first. */
export function sortFiles(files: readonly File[]): Sorted {
  const sorted: { -readonly [K in keyof Sorted]: Sorted[K] } = {};
  for (const file of files) sorted[kindOf(file)] ??= file;
  return sorted;
}

function kindOf({ name, type }: File): keyof Sorted {
  if (/\.lipsplat$/i.test(name)) return "avatar";
  if (/\.(vtt|srt)$/i.test(name) || type === "text/vtt") return "captions";
  return type.startsWith("image/") ? "image" : "sound";
}
