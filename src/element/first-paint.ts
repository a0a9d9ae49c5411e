/** Where nothing is ever painted, or not told of, milliseconds. */
const PATIENCE_MS = 1000;
const PAINT = "first-contentful-paint";

/** Resolves when the page has been seen, so that nothing takes time from its first picture; at once in a hidden one. */
export async function firstPaint(): Promise<void> {
  if (document.visibilityState === "hidden" || !PerformanceObserver.supportedEntryTypes.includes("paint"))
    return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const observer = new PerformanceObserver((list) => {
    if (list.getEntriesByName(PAINT).length > 0) resolve();
  });
  observer.observe({ type: "paint", buffered: true });
  const timer = setTimeout(resolve, PATIENCE_MS);
  await promise;
  observer.disconnect();
  clearTimeout(timer);
}
