import { type Clock, ConfedError } from "@confed/kernel";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Call,
  type Duplex,
  type Handlers,
  toDetail,
} from "@confed/wire";
import { fullness } from "../services/fullness.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { elsewhere, type HostView, isOwn } from "./host-selection.ts";
import { type Sibling, shardEnded } from "./siblings.ts";

type Stream = Duplex<AttachRequestReceived, AttachResponse>;
type OnMessage = (message: AttachRequestReceived) => void;
type OnEnd = (error?: ConfedError) => void;

/**
 * An attach at any shard of a host: the first message says which console, then the shard that has it
 * serves it, or, if it is another one, its messages are passed on both ways.
 */
export function serveHostAttach(
  [stream, call]: Parameters<Handlers<"Agent">["attach"]>,
  own: Handlers<"Agent">,
  deps: HostView & { readonly timers: Pick<Clock, "after"> },
): void {
  const early: AttachRequestReceived[] = [];
  let ended: { readonly error: ConfedError | undefined } | undefined;
  let taker: { readonly onMessage: OnMessage; readonly onEnd: OnEnd } | undefined;
  let decided = false;

  const give = (onMessage: OnMessage, onEnd: OnEnd) => {
    taker = { onMessage, onEnd };
    for (const message of early.splice(0)) onMessage(message);
    if (ended !== undefined) onEnd(ended.error);
  };
  const serveOurselves = () => {
    decided = true;
    own.attach(heardBy(stream, give), call);
  };
  // Who says nothing is dealt with as by an agent of one process.
  const cancelTimer = deps.timers.after(VIEWER_LIMITS.openTimeoutMs, () => {
    if (!decided) serveOurselves();
  });

  const decide = async (console: string) => {
    decided = true;
    stream.pause();
    try {
      const shard = await elsewhere(console, deps);
      if (shard === undefined) serveOurselves();
      else relay(stream, { sibling: deps.siblings.sibling(shard), give, call });
    } catch (reason) {
      refuse(stream, ConfedError.from(reason));
    }
    stream.resume();
  };

  stream.receive(
    (message) => {
      if (taker !== undefined) {
        taker.onMessage(message);
        return;
      }
      early.push(message);
      // A terminal may change its size while its console is being opened.
      if (decided || (message.window && early.length <= EARLY_MAX)) return;
      cancelTimer();
      if (!message.open || isOwn(deps.table, message.open.console)) serveOurselves();
      else void decide(message.open.console);
    },
    (error) => {
      cancelTimer();
      ended = { error };
      if (taker !== undefined) taker.onEnd(error);
      else if (!decided) stream.end();
    },
  );
}

/** The same stream for who is to hear it. Not by its prototype: one with private fields knows itself alone. */
function heardBy(stream: Stream, receive: Stream["receive"]): Stream {
  return {
    peer: stream.peer,
    signal: stream.signal,
    get backlogBytes() {
      return stream.backlogBytes;
    },
    get takenBytes() {
      return stream.takenBytes;
    },
    receive,
    send: (message) => {
      stream.send(message);
    },
    discard: () => stream.discard(),
    drained: (toBytes) => stream.drained(toBytes),
    end: (error) => {
      stream.end(error);
    },
    pause: () => {
      stream.pause();
    },
    resume: () => {
      stream.resume();
    },
    cancel: () => {
      stream.cancel();
    },
  };
}

/** Messages that may come before the one that says which console. */
const EARLY_MAX = 16;

function relay(
  stream: Stream,
  {
    sibling,
    give,
    call,
  }: {
    readonly sibling: Sibling;
    readonly give: (onMessage: OnMessage, onEnd: OnEnd) => void;
    readonly call: Call;
  },
): void {
  const far = sibling.client.attach({ signal: new AbortController().signal, behalf: call.peer });
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    // Half-closed, not cancelled: see the head's relay.
    far.end();
    stream.end();
  };
  far.receive(
    (message) => {
      if (over) return;
      // Let in there: who it is was proven.
      if (message.opened) call.vouch();
      stream.send(message);
      if (message.end) end();
      else hold(far, stream);
    },
    (error) => {
      if (over) return;
      if (error !== undefined)
        refuse(stream, error.code === "agent_unreachable" ? shardEnded(sibling.index) : error);
      end();
    },
  );
  give(
    (message) => {
      far.send(message);
      hold(stream, far);
    },
    () => {
      far.end();
    },
  );
  // After its half-close this is the only word of its going away.
  stream.signal.addEventListener("abort", end, { once: true });
}

/** Hold the source back while its sink is not read. */
function hold(source: { pause(): void; resume(): void }, sink: Parameters<typeof fullness>[0]): void {
  const full = fullness(sink);
  if (full === undefined) return;
  source.pause();
  void full.then(() => {
    source.resume();
  });
}

/** To be tried again: the shard comes back, or another one has the console by then. */
function refuse(stream: Stream, error: ConfedError): void {
  stream.send({ end: { error: toDetail(error), reattach: true } });
  stream.end();
}
