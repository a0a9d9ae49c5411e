/** Takes files dropped anywhere on the page; `overlay` shows while some hover. */
export function acceptDrops(overlay: HTMLElement, onFiles: (files: File[]) => void): void {
  let depth = 0;
  const hover = (by: number) => {
    depth = Math.max(0, depth + by);
    overlay.classList.toggle("over", depth > 0);
  };
  const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  window.addEventListener("dragenter", (event) => {
    if (holdsFiles(event)) hover(1);
  });
  window.addEventListener("dragleave", (event) => {
    if (holdsFiles(event)) hover(-1);
  });
  window.addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    hover(-depth);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) onFiles(files);
  });
}
