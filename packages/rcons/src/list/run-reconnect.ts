import { EXIT, EXIT_CODE_OF, neutralise } from "@confed/kernel";
import { errorLines } from "../render/error-lines.ts";
import { jsonLine } from "../render/json-line.ts";
import { TextOut } from "../render/text-out.ts";
import type { Targets } from "../route/targets.ts";
import { withPeer } from "../route/with-peer.ts";
import type { World } from "../world.ts";

export interface ReconnectOptions {
  readonly targets: Targets;
  readonly selection: string;
  readonly json: boolean;
  /** Also from another program that has it. */
  readonly force: boolean;
}

/** `rcons reconnect`: says which consoles were told to, and what could not be done. */
export async function runReconnect(
  world: World,
  { targets, selection, json, force }: ReconnectOptions,
): Promise<number> {
  const answer = await withPeer(world, targets, (peer, signal) =>
    peer.client.control({ selection, reconnect: { force }, subject: world.subject() }, { signal }),
  );
  const out = new TextOut(world.stdout);
  out.lines(answer.consoles.map((console) => (json ? jsonLine({ console }) : neutralise(console, 128))));
  const { fromDetail } = await import("@confed/wire");
  const errors = answer.errors.map(fromDetail);
  new TextOut(world.stderr).lines(errors.flatMap((error) => errorLines(error, { json, program: "rcons" })));
  return errors[0] === undefined ? EXIT.ok : EXIT_CODE_OF[errors[0].code];
}
