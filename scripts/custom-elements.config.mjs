/** Private members and what stands in the source, not in the package, are no business of an editor's. */
const asPublished = {
  name: "as-published",
  packageLinkPhase({ customElementsManifest: manifest }) {
    for (const module of manifest.modules) {
      module.path = "lib/define.js";
      module.declarations = module.declarations.filter(({ customElement }) => customElement);
      module.exports = module.exports.filter(
        ({ name }) => name === "LipSplatElement" || name === "lip-splat",
      );
      for (const { declaration } of module.exports) declaration.module = module.path;
      for (const declared of module.declarations) {
        declared.members = declared.members.filter(({ privacy }) => privacy !== "private");
        declared.events = declared.events.filter(({ name }) => name);
      }
    }
    // What the element inherits stands in its own declaration by now.
    manifest.modules = manifest.modules.filter(({ declarations }) => declarations.length > 0);
  },
};

export default {
  globs: ["src/element/attributes.ts", "src/element/lip-splat.ts"],
  outdir: "lib",
  packagejson: false,
  plugins: [asPublished],
};
