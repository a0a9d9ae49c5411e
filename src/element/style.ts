/** The element's own look; an embedder reaches `::part(canvas|poster|progress|failure|controls)` and the two custom properties. */
export const style = /* css */ `
:host {
  display: block;
  position: relative;
  aspect-ratio: 1;
  overflow: hidden;
  background: var(--lip-splat-background, #8490a6);
  font: 500 0.8125rem/1.4 system-ui, sans-serif;
}
:host([hidden]) { display: none; }
:host([background="transparent"]) { background: none; }
.stage { position: absolute; inset: 0; }
canvas, .poster, .poster img, ::slotted([slot="poster"]) {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  object-fit: cover;
}
canvas { opacity: 0; }
.poster { transition: opacity 400ms ease; }
.live canvas { opacity: 1; }
.live .poster { opacity: 0; }
.progress, .failure {
  position: absolute;
  inset: auto 0 0;
  box-sizing: border-box;
  padding: 2.5rem 1.25rem 1.1rem;
  color: #fff;
  background: linear-gradient(transparent, rgb(12 16 24 / 62%) 45%);
  transition: opacity 300ms ease;
}
.live .progress { opacity: 0; visibility: hidden; }
.consent {
  position: absolute;
  inset: 0.5rem auto auto 0.5rem;
  margin: 0;
  padding: 0.15rem 0.55rem;
  border-radius: 4px;
  color: #fff;
  background: rgb(12 16 24 / 62%);
  font-size: 0.6875rem;
}
.label { display: flex; justify-content: space-between; gap: 1rem; margin: 0 0 0.5rem; font-variant-numeric: tabular-nums; }
.phases { display: grid; grid-template-columns: 6fr 2fr 2fr; gap: 4px; }
.phase { height: 4px; border-radius: 2px; overflow: hidden; background: rgb(255 255 255 / 28%); }
.phase > i {
  display: block;
  height: 100%;
  background: var(--lip-splat-accent, #fff);
  transform: scaleX(0);
  transform-origin: left;
  transition: transform 150ms linear;
}
.failure { inset: 0; display: grid; align-content: end; gap: 0.35rem; padding: 1.25rem; background: rgb(12 16 24 / 72%); }
.failure p { margin: 0; max-width: 34em; font-weight: 400; }
.failure p:first-child { font-weight: 600; font-size: 0.9375rem; }
.failure button {
  justify-self: start;
  margin-top: 0.6rem;
  padding: 0.6rem 1.1rem;
  border: 0;
  border-radius: 999px;
  color: #12161f;
  background: #fff;
  font: inherit;
  cursor: pointer;
}
.failure button:focus-visible { outline: 3px solid #9db4e8; outline-offset: 2px; }
.controls {
  position: absolute;
  inset: auto 0 0;
  display: flex;
  align-items: center;
  gap: 0.35rem;
  box-sizing: border-box;
  padding: 1.75rem 0.6rem 0.5rem;
  color: #fff;
  background: linear-gradient(transparent, rgb(12 16 24 / 68%) 55%);
}
/* Over the bar it would hide what it says. */
.stage:not(.live):has(.controls:not([hidden])) .progress { bottom: 2.75rem; }
.controls button {
  flex: none;
  width: 2.25rem;
  height: 2.25rem;
  padding: 0.45rem;
  border: 0;
  border-radius: 50%;
  color: inherit;
  background: none;
  cursor: pointer;
}
.controls button:hover { background: rgb(255 255 255 / 18%); }
.controls :disabled { opacity: 0.45; cursor: default; }
.controls svg { display: block; fill: currentcolor; }
.controls input { min-width: 2rem; height: 1.5rem; margin: 0; accent-color: var(--lip-splat-accent, #fff); cursor: pointer; }
.controls .seek { flex: 1 1 6rem; }
.controls .volume { flex: 0 1 4.5rem; }
.controls .time { flex: none; font-variant-numeric: tabular-nums; }
.controls :focus-visible { outline: 3px solid #9db4e8; outline-offset: 1px; }
[hidden] { display: none !important; }
@media (prefers-reduced-motion: reduce) {
  .poster, .progress, .phase > i { transition: none; }
}
`;
