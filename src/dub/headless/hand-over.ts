/** A part of the file, on its way to the command. */
export interface Parcel {
  readonly position: number;
  readonly base64: string;
}

/**
 * The file's way to the command, which asks for each part: what a page sends by itself (requests, calls of bindings)
 * the command's browser driver keeps until its end, and so would all of a long video.
 */
export interface HandOver {
  /** Resolves when the part is written; the next comes after that. */
  write(chunk: { readonly data: Uint8Array<ArrayBuffer>; readonly position: number }): Promise<void>;
  /** @param failure of writing the part taken last: "disk-full", or what broke. @returns the next part; null after the last. */
  take(failure: string | null): Promise<Parcel | null>;
  end(): void;
}

export function createHandOver(): HandOver {
  let offered = Promise.withResolvers<Parcel | null>();
  let written = Promise.withResolvers<void>();
  let ended = false;
  return {
    async write({ data, position }) {
      written = Promise.withResolvers();
      const answer = written.promise;
      offered.resolve({ position, base64: await toBase64(data) });
      return answer;
    },
    async take(failure) {
      if (failure === "disk-full") written.reject(new DOMException("the disk is full", "QuotaExceededError"));
      else if (failure !== null) written.reject(new Error(failure));
      else written.resolve();
      const parcel = await offered.promise;
      offered = Promise.withResolvers();
      if (ended) offered.resolve(null);
      return parcel;
    },
    end() {
      ended = true;
      offered.resolve(null);
    },
  };
}

function toBase64(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([data]));
  });
}
