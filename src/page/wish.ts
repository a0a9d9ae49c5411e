import { byId } from "./dom";

// `?renderer=webgpu|cpu`: before the element wakes, so that it loads once.
const renderer = new URLSearchParams(location.search).get("renderer");
if (renderer) byId("head", HTMLElement).setAttribute("renderer", renderer);
