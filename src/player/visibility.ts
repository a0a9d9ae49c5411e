/** Whether a canvas can be seen: its page is shown, and it is, in part, in the window. */
export interface Visibility {
  /** While true it counts as out of sight. */
  held: boolean;
  /** Looks at this canvas from now on. */
  watch(canvas: HTMLCanvasElement): void;
  destroy(): void;
}

/** @param onChange is told of each change; at first it counts as seen. */
export function createVisibility(onChange: (visible: boolean) => void): Visibility {
  let inWindow = true;
  let visible = true;
  let held = false;
  function update(): void {
    const now = inWindow && !held && document.visibilityState === "visible";
    if (now === visible) return;
    visible = now;
    onChange(visible);
  }
  const observer = new IntersectionObserver((entries) => {
    inWindow = entries.at(-1)?.isIntersecting ?? inWindow;
    update();
  });
  document.addEventListener("visibilitychange", update);
  update();
  return {
    get held() {
      return held;
    },
    set held(wanted) {
      held = wanted;
      update();
    },
    watch(canvas) {
      observer.disconnect();
      observer.observe(canvas);
    },
    destroy() {
      observer.disconnect();
      document.removeEventListener("visibilitychange", update);
    },
  };
}
