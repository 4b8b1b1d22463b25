import { ConfedError } from "@confed/kernel";
import type { Handlers } from "@confed/wire";
import type { Relays } from "./attach/relays.ts";
import type { Joins } from "./join/joins.ts";
import { type ControlDeps, control } from "./queries/control.ts";
import { inspect } from "./queries/inspect.ts";
import { list } from "./queries/list.ts";
import { type ProcessStatusDeps, processStatus } from "./queries/process-status.ts";
import { readLog } from "./queries/read-log.ts";
import { resolve } from "./queries/resolve.ts";
import type { WatchFeed } from "./queries/watch-feed.ts";
import type { Tails } from "./tail/tails.ts";

export interface HeadServiceDeps extends ControlDeps, ProcessStatusDeps {
  readonly joins: Joins;
  readonly relays: Relays;
  readonly watchFeed: WatchFeed;
  readonly tails: Tails;
}

/** The methods of a head, each on its own page. What a handler throws or rejects with ends its call. */
export function headService(deps: HeadServiceDeps): Handlers<"Head"> {
  const { joins, relays, watchFeed, tails, directory } = deps;
  return {
    join: (stream) => {
      joins.accept(stream);
    },
    resolve: async (request) => resolve(request, deps),
    attach: (stream) => {
      relays.accept(stream);
    },
    tail: (request, outlet) => {
      tails.accept(request, outlet);
    },
    readLog: (request, outlet) => {
      endOnFailure(outlet, readLog(request, outlet, deps));
    },
    list: (request, outlet) => {
      endOnFailure(outlet, list(request, outlet, directory));
    },
    watch: (request, outlet) => {
      endOnFailure(outlet, watchFeed.watch(request, outlet));
    },
    inspect: (request, signal) => inspect(request, deps, signal),
    control: (request, signal) => control(request, deps, signal),
    status: async () => processStatus(deps),
  };
}

function endOnFailure(outlet: { end(error?: ConfedError): void }, work: Promise<void>): void {
  work.catch((reason: unknown) => {
    outlet.end(ConfedError.from(reason));
  });
}
