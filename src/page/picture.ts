import type { LipSplatElement } from "../element/lip-splat";
import type { Background } from "../render/background";
import { byId, choosesFiles } from "./dom";

type Choice = "avatar" | "transparent" | "color" | "image";

/** What is behind the person. Offered where the avatar has a matte. */
export function createPicture(head: LipSplatElement, onError: (error: unknown) => void) {
  const frame = byId("frame", HTMLElement);
  const backgrounds = byId("backgrounds", HTMLFieldSetElement);
  const colorRow = byId("color-row", HTMLElement);
  const color = byId("color", HTMLInputElement);
  const imageRow = byId("image-row", HTMLElement);
  const quality = byId("quality", HTMLSelectElement);
  const radios = [...backgrounds.querySelectorAll("input")];
  let image: File | undefined;

  backgrounds.addEventListener("change", apply);
  color.addEventListener("input", apply);
  quality.addEventListener("change", () => {
    head.quality = quality.value === "full" ? "full" : quality.value === "low" ? "low" : "auto";
  });
  choosesFiles("image-choose", "image-file", ([file]) => file && setImage(file));

  const chosen = (): Choice => (radios.find(({ checked }) => checked)?.value as Choice) ?? "avatar";

  function setImage(file: File): void {
    image = file;
    for (const radio of radios) radio.checked = radio.value === "image";
    apply();
  }

  function apply(): void {
    const choice = chosen();
    colorRow.hidden = choice !== "color";
    imageRow.hidden = choice !== "image";
    frame.classList.toggle("checker", choice === "transparent");
    backgrounds.style.setProperty("--picked", color.value);
    const wanted = choice === "color" ? color.value : choice === "image" ? image : choice;
    // An image is yet to be chosen.
    if (wanted === undefined) return;
    head.setBackground(wanted).catch((error: unknown) => {
      for (const radio of radios) radio.checked = radio.value === "avatar";
      frame.classList.remove("checker");
      onError(error);
    });
  }

  return {
    /** Whether the head that is shown can stand before something else. */
    offer(matte: boolean): void {
      backgrounds.hidden = !matte;
      if (!matte && chosen() !== "avatar") {
        for (const radio of radios) radio.checked = radio.value === "avatar";
        apply();
      }
    },
    get offered() {
      return !backgrounds.hidden;
    },
    setImage,
    /** As a video takes it. */
    async background(): Promise<Background> {
      const choice = chosen();
      if (choice === "color") return { color: color.value };
      if (choice === "image") return image ? { image: await createImageBitmap(image) } : "avatar";
      return choice;
    },
  };
}

export type Picture = ReturnType<typeof createPicture>;
