#!/usr/bin/env node
// npx lipsplat-dub: recordings to videos of the talking head, in a headless Chromium.
import { main } from "./dub/main.mjs";

process.exitCode = await main(process.argv.slice(2));
