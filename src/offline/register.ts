// After the first live frame: what is kept for later takes no bytes from what is shown now.
const head = document.querySelector("lip-splat");

function register(): void {
  navigator.serviceWorker
    .register("/sw.js", { updateViaCache: "none" })
    .catch((cause: unknown) => console.warn("lipsplat: the page will not work offline", cause));
}

if (import.meta.env.PROD && "serviceWorker" in navigator && head) {
  await customElements.whenDefined("lip-splat");
  if (head.readyState === head.HAVE_ENOUGH_DATA) register();
  else head.addEventListener("canplay", register, { once: true });
}
