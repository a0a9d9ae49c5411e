import { readFile } from "node:fs/promises";

/** Shaders as they are fetched: without comments, indents and empty lines. */
export function wgsl() {
  return {
    name: "lipsplat-wgsl",
    apply: "build",
    enforce: "pre",
    load: {
      filter: { id: /\.wgsl\?raw$/ },
      async handler(id) {
        const text = await readFile(id.replace("?raw", ""), "utf8");
        const lines = text.split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
        return `export default ${JSON.stringify(lines.filter(Boolean).join("\n"))};`;
      },
    },
  };
}
