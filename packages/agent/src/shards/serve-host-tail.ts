import type { ConfedError } from "@confed/kernel";
import type { Encoded, Handlers, Inlet, TailResponse, TailResponseReceived } from "@confed/wire";
import { fullness } from "../services/fullness.ts";
import { type HostView, selectHost } from "./host-selection.ts";

/**
 * One tail over all shards of a host: each serves its part, and the numbers that the parts give to
 * consoles are told apart by the shard. It ends when any part does: whoever follows begins again
 * from its positions.
 */
export async function serveHostTail(
  [request, outlet, call]: Parameters<Handlers<"Agent">["tail"]>,
  own: Handlers<"Agent">,
  deps: HostView,
): Promise<void> {
  const { siblings } = deps;
  const selected = await selectHost(request.selection, deps);
  if (selected.others.size === 0) {
    own.tail(request, outlet, call);
    return;
  }
  // Shards are few: 32 bits of numbers have room for theirs.
  const stride = siblings.others().length + 1;
  const numbers = (part: number) => (number: number) => number * stride + part;
  const inlets: Inlet<TailResponseReceived>[] = [];
  let over = false;
  const end = (error?: ConfedError) => {
    if (over) return;
    over = true;
    outlet.end(error);
    for (const inlet of inlets) inlet.cancel();
  };
  outlet.signal.addEventListener("abort", () => {
    end();
  });
  let part = 0;
  for (const [shard, selection] of selected.others) {
    part += 1;
    const renumber = numbers(part);
    const inlet = siblings
      .sibling(shard)
      .client.tail({ ...request, selection }, { signal: new AbortController().signal, behalf: call.peer });
    inlets.push(inlet);
    inlet.receive((message) => {
      if (over) return;
      call.vouch();
      outlet.send(renumbered(message, renumber));
      const full = fullness(outlet);
      if (full === undefined) return;
      inlet.pause();
      void full.then(() => {
        inlet.resume();
      });
    }, end);
  }
  if (selected.own === undefined) return;
  const renumber = numbers(0);
  const send = (message: TailResponse | Encoded) => {
    outlet.send(
      "batch" in message || "names" in message || "gap" in message ? renumbered(message, renumber) : message,
    );
  };
  own.tail(
    { ...request, selection: selected.own },
    Object.create(outlet, { send: { value: send } }) as typeof outlet,
    call,
  );
}

type Renumber = (number: number) => number;

function renumbered({ names, batch, gap, ...rest }: TailResponse, renumber: Renumber): TailResponse {
  if (batch) return { batch: { ...batch, consoles: (batch.consoles ?? []).map(renumber) } };
  if (gap) return { gap: { ...gap, number: renumber(gap.number ?? 0) } };
  if (!names) return rest;
  const named = (names.names ?? []).map((each) => ({ ...each, number: renumber(each.number ?? 0) }));
  return { names: { names: named, ended: (names.ended ?? []).map(renumber) } };
}
