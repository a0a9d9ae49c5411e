const shared: Record<string, string> = import.meta.glob("./shared/*.wgsl", {
  base: "../../../shaders/",
  query: "?raw",
  import: "default",
  eager: true,
});

/**
 * The WGSL of a pass with each `#import shared/x` line replaced by that file.
 * @param lengths of storage arrays by name, so that the shader need not ask at every access: SwiftShader divides for that.
 */
export function linkShader(code: string, lengths: Readonly<Record<string, number>> = {}): string {
  return code
    .replace(/^#import (\S+)$/gm, (_, path: string) => {
      const text = shared[`./${path}.wgsl`];
      if (text === undefined) throw new ReferenceError(`no shader "${path}"`);
      return text;
    })
    .replace(/^(.*var<storage.*> (\w+): array<.*)>;/gm, (line, start: string, name: string) => {
      const length = lengths[name];
      return length === undefined ? line : `${start}, ${Math.max(1, length)}>;`;
    });
}
