import { ConfedError } from "@confed/kernel";
import {
  type Handlers,
  type ListRequestReceived,
  type ListResponse,
  type Outlet,
  statusPages,
  type TailResponse,
} from "@confed/wire";
import { onlyHeads } from "./agent-tickets.ts";
import { EchoSession, type EchoSessionDeps } from "./echo-session.ts";

export interface FleetServiceDeps extends EchoSessionDeps {
  readonly startedMs: number;
}

const HEARTBEAT_INTERVAL_MS = 2_000;
/** A tail's names go in messages of at most 64 KiB. */
const NAMES_PER_MESSAGE = 500;

/** What a simulated agent answers: all that a head asks of one. Its consoles say what is typed, and nothing else. */
export function fleetServices(deps: FleetServiceDeps): Handlers<"Agent"> {
  const { consoles, tickets, version, startedMs } = deps;
  // In a cluster, all but an attach is for heads; they hold it against roles.
  const admit = tickets === undefined ? () => undefined : onlyHeads;
  return {
    attach: (stream, call) => {
      // The stream's own callbacks keep the session as long as it lasts.
      new EchoSession(stream, call, deps);
    },
    tail: ({ selection }, outlet, call) => {
      admit(call);
      tail(selection, outlet, deps);
    },
    readLog: ({ console }, outlet, call) => {
      admit(call);
      outlet.send({ end: consoles.endOf(consoles.indexOf(console)) });
      outlet.end();
    },
    list: (request, outlet, call) => {
      admit(call);
      list(request, outlet, deps).catch((reason: unknown) => {
        outlet.end(ConfedError.from(reason));
      });
    },
    inspect: async ({ console }, _signal, call) => {
      admit(call);
      return consoles.status(consoles.indexOf(console));
    },
    control: async ({ selection, reload }, _signal, call) => {
      admit(call);
      if (reload) throw new ConfedError("failed_precondition", "a simulated agent has no configuration");
      return { consoles: consoles.select(selection).map((index) => consoles.status(index).name ?? "") };
    },
    status: async () => ({
      role: "agent",
      id: consoles.agent,
      version,
      startedMs,
      consoles: { CONNECTED: consoles.count },
      residentBytes: process.memoryUsage.rss(),
    }),
    upgrade: () =>
      Promise.reject(new ConfedError("failed_precondition", "a simulated agent has no successor")),
  };
}

async function list(
  { selection, states }: ListRequestReceived,
  outlet: Outlet<ListResponse>,
  { consoles }: FleetServiceDeps,
): Promise<void> {
  const found = consoles.select(selection).map((index) => consoles.status(index));
  const wanted = found.filter(
    ({ state }) => states.length === 0 || states.some((candidate) => candidate === state),
  );
  for (const page of statusPages(wanted)) {
    outlet.send({ consoles: page });
    await outlet.drained();
    if (outlet.signal.aborted) return;
  }
  outlet.end();
}

/** Names what it would tell of, and that it lives. */
function tail(
  selection: string,
  outlet: Outlet<TailResponse>,
  { consoles, queue, wallTimeMs }: FleetServiceDeps,
): void {
  const names = consoles.select(selection).map((index) => ({
    number: index,
    console: consoles.status(index).name ?? "",
    start: consoles.endOf(index),
  }));
  for (let at = 0; at < names.length; at += NAMES_PER_MESSAGE) {
    outlet.send({ names: { names: names.slice(at, at + NAMES_PER_MESSAGE) } });
  }
  const beat = () => {
    if (outlet.signal.aborted) return;
    outlet.send({ heartbeat: { wallTimeMs: wallTimeMs() } });
    queue.after(HEARTBEAT_INTERVAL_MS, beat);
  };
  queue.after(HEARTBEAT_INTERVAL_MS, beat);
}
