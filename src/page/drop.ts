/** Takes a file dropped anywhere on the page; `overlay` shows while one hovers. */
export function acceptDrops(overlay: HTMLElement, onFile: (file: File) => void): void {
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
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  });
}
