import type { VideoFormat, VideoOptions } from "../dub/types";
import type { Captions } from "./captions";
import { byId, say } from "./dom";
import type { Picture } from "./picture";

/** What the next video is to be, as its popover says. */
export function createVideoWish(captions: Captions, picture: Picture) {
  const format = byId("video-format", HTMLSelectElement);
  const size = byId("video-size", HTMLSelectElement);
  const fps = byId("video-fps", HTMLSelectElement);
  const alpha = byId("video-alpha", HTMLInputElement);
  const alphaRow = byId("video-alpha-row", HTMLElement);
  const keep = byId("video-captions", HTMLInputElement);
  const keepRow = byId("video-captions-row", HTMLElement);

  byId("video", HTMLElement).addEventListener("change", refresh);
  captions.onChange = refresh;

  function refresh(): void {
    // MP4 has no transparency.
    alphaRow.hidden = !picture.offered || format.value !== "webm";
    keepRow.hidden = captions.vtt === null;
    const extras = [
      ...(!alphaRow.hidden && alpha.checked ? ["transparent"] : []),
      ...(!keepRow.hidden && keep.checked ? ["captions"] : []),
    ];
    say(
      byId("video-wish", HTMLElement),
      [format.selectedOptions[0]?.text, `${size.value} px`, `${fps.value} fps`, ...extras].join(", "),
    );
  }
  refresh();

  return {
    refresh,
    get format(): VideoFormat {
      return format.value === "webm" ? "webm" : "mp4";
    },
    async read(): Promise<VideoOptions> {
      refresh();
      const { vtt } = captions;
      const transparent = !alphaRow.hidden && alpha.checked;
      const background = picture.offered ? await picture.background() : "avatar";
      return {
        format: this.format,
        size: Number(size.value),
        fps: ([25, 30, 60] as const).find((rate) => rate === Number(fps.value)) ?? 25,
        ...(transparent && { alpha: true }),
        ...(!transparent && background !== "avatar" && background !== "transparent" && { background }),
        ...(vtt && keep.checked && { captions: { vtt } }),
      };
    },
  };
}

export type VideoWishForm = ReturnType<typeof createVideoWish>;
