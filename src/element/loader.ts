import { type LipsplatError, toLipsplatError } from "../player/errors";
import type { Player, PlayerOptions, PlayerState } from "../player/types";
import { firstPaint } from "./first-paint";
import type { View } from "./view";

export interface LoaderOptions {
  /** Hears the events of a player, and `loadstart` and `canplay`. */
  readonly host: HTMLElement;
  readonly view: View;
  /** Asked at each load. */
  options(): Promise<Pick<PlayerOptions, "avatarUrl" | "speechUrl" | "renderer" | "background">>;
  onState(state: PlayerState): void;
  /** A new player, before anything is told of it. */
  onPlayer(player: Player): void;
  tell(error: LipsplatError): void;
}

/** The player under the element: loaded, let go, loaded afresh; of two loads the later one counts. */
export function createLoader({ host, view, options, onState, onPlayer, tell }: LoaderOptions) {
  let player: Player | null = null;
  let ready: Promise<Player> | null = null;
  let error: LipsplatError | null = null;
  let loads = 0;

  /** The player comes in a chunk of its own: what is shown first stays small, and is seen before that is at work. */
  async function createPlayer(canvas: HTMLCanvasElement, current: () => boolean): Promise<Player> {
    const [module, wanted] = await Promise.all([import("../player/player"), options(), firstPaint()]);
    if (!current()) throw new DOMException("Another load has begun.", "AbortError");
    const dispatch = (event: Event) => {
      if (current()) host.dispatchEvent(event);
    };
    return module.createPlayer({
      canvas,
      ...wanted,
      onProgress(detail) {
        if (current()) view.progress.show(detail);
        dispatch(new CustomEvent("progress", { detail }));
      },
      onState(state) {
        // Until the player is at hand it is loading.
        if (current() && player) onState(state);
      },
      onMetrics: (detail) => dispatch(new CustomEvent("metrics", { detail })),
      onSpeech: (speaking) => dispatch(new Event(speaking ? "speechstart" : "speechend")),
      onError(cause) {
        if (current()) tell(cause);
      },
    });
  }

  function fail(cause: unknown): void {
    error = toLipsplatError(cause, "worker-died");
    view.failure.show(error);
    view.progress.root.hidden = true;
    onState("failed");
    tell(error);
  }

  function unload(): void {
    loads++;
    player?.destroy();
    player = null;
    ready = null;
    error = null;
    view.clear();
    onState("loading");
  }

  return {
    get player() {
      return player;
    },
    /** The load under way, or what it gave; null where nothing was loaded. */
    get ready() {
      return ready;
    },
    get error() {
      return error;
    },
    /** Never rejects: a failure is shown and told, and stands in `error`. True where the head lives. */
    async load(): Promise<boolean> {
      unload();
      const load = loads;
      const canvas = view.begin();
      host.dispatchEvent(new Event("loadstart"));
      ready = createPlayer(canvas, () => load === loads);
      try {
        const next = await ready;
        if (load !== loads) {
          next.destroy();
          return false;
        }
        player = next;
        onPlayer(next);
        view.live(next.consent !== null);
        onState(next.state);
        host.dispatchEvent(new Event("canplay"));
        return true;
      } catch (cause) {
        if (load === loads) fail(cause);
        return false;
      }
    },
    unload,
  };
}
