import { type Clock, ConfedError } from "@confed/kernel";
import {
  type Call,
  type ControlRequestReceived,
  type ControlResponse,
  type Handlers,
  type ListResponse,
  type Outlet,
  type ReadLogResponse,
  toDetail,
} from "@confed/wire";
import { fullness } from "../services/fullness.ts";
import { elsewhere, type HostSelection, type HostView, isOwn, selectHost } from "./host-selection.ts";
import { hostStatus } from "./host-status.ts";
import { serveHostAttach } from "./serve-host-attach.ts";
import { serveHostTail } from "./serve-host-tail.ts";
import type { HostReport } from "./shard-messages.ts";

export interface HostDeps extends HostView {
  readonly timers: Pick<Clock, "after">;
  /** What the supervisor knows. */
  readonly host: () => Promise<HostReport>;
}

/**
 * The services of a whole host, as each of its shards offers them: for what is another's it asks that
 * one. Whoever talks to one shard need not know that there are others. What is all our own, as when a
 * head asks, goes the shortest way and costs one look-up a name.
 */
export function serveHost(own: Handlers<"Agent">, deps: HostDeps): Handlers<"Agent"> {
  const { siblings } = deps;
  return {
    attach: (...asked) => {
      serveHostAttach(asked, own, deps);
    },
    tail: (...asked) => {
      ended(asked[1], serveHostTail(asked, own, deps));
    },
    readLog: (request, outlet, call) => {
      if (isOwn(deps.table, request.console)) own.readLog(request, outlet, call);
      else
        ended(
          outlet,
          elsewhere(request.console, deps).then((shard) => {
            if (shard === undefined) own.readLog(request, outlet, call);
            else piped(siblings.sibling(shard).client.readLog(request, NEVER(call)), { outlet, call });
          }),
        );
    },
    list: (request, outlet, call) => {
      ended(
        outlet,
        selectHost(request.selection, deps).then((selected) =>
          list(request, outlet, { own, deps, selected, call }),
        ),
      );
    },
    inspect: async (request, signal, call) => {
      if (isOwn(deps.table, request.console)) return own.inspect(request, signal, call);
      const shard = await elsewhere(request.console, deps);
      return shard === undefined
        ? own.inspect(request, signal, call)
        : vouched(siblings.sibling(shard).client.inspect(request, { signal, behalf: call.peer }), call);
    },
    control: async (request, signal, call) => {
      // A reload is the supervisor's, whoever is asked.
      if (request.action === "reload" || request.selection === "") return own.control(request, signal, call);
      return controlHost(request, signal, { own, deps, call });
    },
    upgrade: (request, signal, call) => own.upgrade(request, signal, call),
    status: async (request, signal, call) =>
      hostStatus(await own.status(request, signal, call), { ...deps, signal }),
  };
}

/** The shard that answers knows who asks. */
async function vouched<T>(answer: Promise<T>, call: Call): Promise<T> {
  const given = await answer;
  call.vouch();
  return given;
}

/** A stream whose server could not begin ends with the reason. */
function ended(outlet: Outlet<never>, serving: Promise<void>): void {
  serving.catch((reason: unknown) => {
    outlet.end(ConfedError.from(reason));
  });
}

/** Streams to other shards end by themselves when they are done: cancelling many at once ends the connection. */
const NEVER = ({ peer }: Call) => ({ signal: new AbortController().signal, behalf: peer });

type Receiving<M> = {
  receive(onMessage: (message: M) => void, onEnd: (error?: ConfedError) => void): void;
  pause(): void;
  resume(): void;
  cancel(): void;
};

/** Everything of `inlet` to `outlet`, no faster than it is read. */
function piped(
  inlet: Receiving<ReadLogResponse>,
  { outlet, call }: { readonly outlet: Outlet<ReadLogResponse>; readonly call: Call },
): void {
  pump(inlet, { outlet, call }, (error) => {
    outlet.end(error);
  });
}

function pump<M extends object>(
  inlet: Receiving<M>,
  { outlet, call }: { readonly outlet: Outlet<M>; readonly call: Call },
  onEnd: (error?: ConfedError) => void,
): void {
  inlet.receive((message) => {
    call.vouch();
    outlet.send(message);
    const full = fullness(outlet);
    if (full === undefined) return;
    inlet.pause();
    void full.then(() => {
      inlet.resume();
    });
  }, onEnd);
  outlet.signal.addEventListener("abort", () => {
    inlet.cancel();
  });
}

async function list(
  request: Parameters<Handlers<"Agent">["list"]>[0],
  outlet: Outlet<ListResponse>,
  {
    own,
    deps: { siblings },
    selected,
    call,
  }: {
    readonly own: Handlers<"Agent">;
    readonly deps: HostDeps;
    readonly selected: HostSelection;
    readonly call: Call;
  },
): Promise<void> {
  let error: ConfedError | undefined;
  const ownSelection = selected.own;
  if (ownSelection !== undefined) {
    error = await new Promise<ConfedError | undefined>((resolve) => {
      // Ours ends its part, not the stream.
      const part = Object.create(outlet, { end: { value: resolve } }) as Outlet<ListResponse>;
      own.list({ ...request, selection: ownSelection }, part, call);
    });
  }
  for (const [shard, selection] of selected.others) {
    if (outlet.signal.aborted) return;
    const inlet = siblings.sibling(shard).client.list({ ...request, selection }, NEVER(call));
    const failure = await new Promise<ConfedError | undefined>((resolve) => {
      pump(inlet, { outlet, call }, resolve);
    });
    error ??= failure;
  }
  outlet.end(error);
}

/** An answer is one message of at most 256 KiB. */
const NAMES_BYTES_MAX = 200 * 1024;

async function controlHost(
  request: ControlRequestReceived,
  signal: AbortSignal,
  { own, deps, call }: { readonly own: Handlers<"Agent">; readonly deps: HostDeps; readonly call: Call },
): Promise<ControlResponse> {
  const { siblings } = deps;
  const selected = await selectHost(request.selection, deps);
  const parts: Promise<ControlResponse>[] = [];
  if (selected.own !== undefined)
    parts.push(own.control({ ...request, selection: selected.own }, signal, call));
  for (const [shard, selection] of selected.others) {
    parts.push(
      Promise.resolve()
        .then(() => {
          const asking = { signal, behalf: call.peer };
          return vouched(siblings.sibling(shard).client.control({ ...request, selection }, asking), call);
        })
        .catch((reason: unknown) => ({ consoles: [], errors: [toDetail(ConfedError.from(reason))] })),
    );
  }
  const answers = await Promise.all(parts);
  const consoles = answers.flatMap((answer) => answer.consoles ?? []);
  const errors = answers.flatMap((answer) => answer.errors ?? []);
  const sessions = answers.reduce((sum, answer) => sum + (answer.sessions ?? 0), 0);
  let leftBytes = NAMES_BYTES_MAX;
  const told = consoles.filter((name) => (leftBytes -= name.length + 4) >= 0);
  if (told.length < consoles.length) {
    const more = `${consoles.length - told.length} more consoles were done: the answer is full`;
    errors.push(toDetail(new ConfedError("resource_exhausted", more)));
  }
  return { consoles: told, errors, sessions };
}
