const passes: Record<string, string> = import.meta.glob("../../../shaders/*.wgsl", {
  query: "?raw",
  import: "default",
  eager: true,
});
const shared: Record<string, string> = import.meta.glob("../../../shaders/shared/*.wgsl", {
  query: "?raw",
  import: "default",
  eager: true,
});

function source(files: Record<string, string>, path: string): string {
  const text = files[`../../../shaders/${path}.wgsl`];
  if (text === undefined) throw new ReferenceError(`no shader "${path}"`);
  return text;
}

/**
 * The WGSL of a pass with each `#import shared/x` line replaced by that file.
 * @param lengths of storage arrays by name, so that the shader need not ask at every access: SwiftShader divides for that.
 */
export function shaderCode(pass: string, lengths: Readonly<Record<string, number>> = {}): string {
  return source(passes, pass)
    .replace(/^#import (\S+)$/gm, (_, path: string) => source(shared, path))
    .replace(/^(.*var<storage.*> (\w+): array<.*)>;/gm, (line, start: string, name: string) => {
      const length = lengths[name];
      return length === undefined ? line : `${start}, ${Math.max(1, length)}>;`;
    });
}
