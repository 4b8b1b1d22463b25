import { EXIT, withDeadline } from "@confed/kernel";
import { TextOut } from "../render/text-out.ts";
import { readStream } from "../route/read-stream.ts";
import type { Targets } from "../route/targets.ts";
import { withPeer } from "../route/with-peer.ts";
import type { World } from "../world.ts";

/** A person with a finger on Tab waits no longer. */
const TIMEOUT_MS = 1_500;
/** What a selection may be made of beside one name: no name to complete. */
const NO_NAME = /[^A-Za-z0-9._-]/;

/** `rcons __complete`: one name a line; nothing at all where nobody answers. */
export async function runComplete(
  world: World,
  { targets, prefix }: { readonly targets: Targets; readonly prefix: string },
): Promise<number> {
  if (NO_NAME.test(prefix)) return EXIT.ok;
  const out = new TextOut(world.stdout);
  await withPeer(world, targets, (peer, parent) =>
    withDeadline({ clock: world.clock, timeoutMs: TIMEOUT_MS, what: "completion" }, parent, (signal) =>
      readStream(peer.client.list({ selection: `${prefix}*` }, { signal }), out, ({ consoles }) => {
        // A shell is going to read them.
        out.lines(consoles.flatMap(({ name }) => (NO_NAME.test(name) ? [] : [name])));
      }),
    ),
  ).catch(() => undefined);
  return EXIT.ok;
}
