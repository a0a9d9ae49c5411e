import speech from "../../public/models/speech/speech.json?raw";
import { defaults } from "../element/attributes";

// One file each, by this very form: bundlers take them along, and give them names of their own.
defaults.src = new URL("../../build/package/default.lipsplat", import.meta.url).href;
defaults.poster = new URL("../../public/models/default/poster.webp", import.meta.url).href;
const encoder = new URL("../../public/models/speech/encoder.onnx", import.meta.url);
const cues = new URL("../../public/models/speech/cues.onnx", import.meta.url);
const ahead = new URL("../../public/models/speech/encoder-ahead.onnx", import.meta.url);
encoder.hash = [speech, cues.href, ahead.href].map(encodeURIComponent).join("&");
defaults.speech = encoder.href;
