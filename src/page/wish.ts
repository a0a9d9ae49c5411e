import { DEFAULT_AVATAR } from "./address";
import { byId } from "./dom";

const wishes = new URLSearchParams(location.search);

// `?renderer=webgpu|cpu`: before the element wakes, so that it loads once.
const renderer = wishes.get("renderer");
if (renderer) byId("head", HTMLElement).setAttribute("renderer", renderer);

/** `?avatar=`: what comes with a link is looked at first, and shown when its viewer agrees. */
const avatar = wishes.get("avatar");
export const wishedAvatar = avatar === DEFAULT_AVATAR ? null : avatar;
