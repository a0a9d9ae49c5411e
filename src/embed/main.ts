import { LipSplatElement } from "../element/define";
import { LipsplatError, toRecord } from "../player/errors";
import { isAllowed } from "./origins";
import { type Greeting, PROTOCOL, readGreeting, type ToPage } from "./protocol";
import { serve } from "./serve";

/** What the frame's address may say of the head, each as the element's attribute of that name. */
const ATTRIBUTES = ["speech", "sound", "poster", "background", "mood", "quality", "renderer", "lang"];
const SWITCHES = ["controls", "muted", "autoplay"];

const query = new URLSearchParams(location.search);
const head = new LipSplatElement();
head.src = query.get("avatar") ?? "/models/default/";
head.speech = "/models/speech/";
for (const name of ATTRIBUTES) {
  const value = query.get(name);
  if (value !== null) head.setAttribute(name, value);
}
for (const name of SWITCHES) head.toggleAttribute(name, query.has(name) && query.get(name) !== "false");
document.documentElement.lang = query.get("lang") ?? "en";
document.body.classList.toggle("see-through", head.background === "transparent");
document.body.prepend(head);

const hosts = document.querySelector<HTMLMetaElement>('meta[name="lipsplat-origins"]')?.content;
// No `randomUUID` where the frame is not secure.
const instance = crypto.getRandomValues(new Uint32Array(2)).join("-");
const here: Greeting = { lipsplat: "here", version: PROTOCOL, instance };

window.addEventListener("message", ({ data, source, origin, ports: [port] }) => {
  if (source !== window.parent || window.parent === window) return;
  const greeting = readGreeting(data);
  if (greeting?.lipsplat === "ask") window.parent.postMessage(here, "*");
  if (greeting?.lipsplat !== "hello" || !port) return;
  const refused = refusal(origin, greeting.version);
  if (!refused) return serve(head, port);
  port.postMessage({ type: "refused", error: toRecord(refused) } satisfies ToPage);
  port.close();
});
if (window.parent !== window) window.parent.postMessage(here, "*");

function refusal(origin: string, version: number): LipsplatError | undefined {
  if (!isAllowed(origin, [hosts, query.get("origin")])) {
    return new LipsplatError("embed-refused", `${origin} is not among the origins it knows.`);
  }
  if (version > PROTOCOL) {
    return new LipsplatError("embed-newer", `the page speaks ${version}, the head ${PROTOCOL}.`);
  }
  return undefined;
}
