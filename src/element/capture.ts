import { LipsplatError } from "../player/errors";

/**
 * The picture as a stream. A canvas that was handed to a worker cannot be captured everywhere (whatwg/html#11251), and is
 * replaced where the head is set up anew: so a canvas of our own is, into which each displayed frame is drawn.
 * @param canvas the one in the page now. @param fps 0 to 120; frames as they come where none is given.
 * @throws LipsplatError `not-ready` without a canvas.
 */
export function capturePicture(canvas: () => HTMLCanvasElement | null, fps?: number): MediaStream {
  const first = canvas();
  const mirror = document.createElement("canvas");
  const pen = mirror.getContext("2d", { desynchronized: true });
  if (!first || !pen) throw new LipsplatError("not-ready", "there is no picture to capture.");

  function draw(): void {
    const shown = canvas();
    if (!shown || !pen) return;
    // A head that gives up pixels is not to change the stream's size, nor is a setting that clears the picture for nothing.
    if (mirror.width < shown.width) mirror.width = shown.width;
    if (mirror.height < shown.height) mirror.height = shown.height;
    pen.globalCompositeOperation = "copy";
    pen.drawImage(shown, 0, 0, mirror.width, mirror.height);
  }
  draw();
  const stream = mirror.captureStream(fps);
  const [track] = stream.getVideoTracks();
  requestAnimationFrame(function next() {
    if (!track || track.readyState === "ended") return;
    draw();
    requestAnimationFrame(next);
  });
  return stream;
}
