// npm start: install what is missing, build, serve, print the address.
import { checkNode, ensurePackages } from "./setup/node.mjs";
import { root } from "./setup/run.mjs";

checkNode();
try {
  await ensurePackages();
  // Built, not served from source: the first live frame comes seconds sooner.
  const { build, preview } = await import("vite");
  console.log("Building the page …");
  await build({ root, logLevel: "error" });
  const server = await preview({ root, preview: { port: Number(process.env.PORT ?? 4173) } });
  const address = server.resolvedUrls?.local[0];
  console.log(`\n  lipsplat is ready:  ${address}\n\n  Open it in a browser. Ctrl+C stops it.\n`);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
