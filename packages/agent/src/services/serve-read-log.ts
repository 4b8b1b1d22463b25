import { type Clock, ConfedError } from "@confed/kernel";
import { holds, verbSet } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import type { Outlet, ReadLogRequestReceived, ReadLogResponse } from "@confed/wire";
import type { Grant } from "../access/access.ts";
import type { Console } from "../console/console.ts";
import { type ConsoleTable, unknownConsole } from "../console/console-table.ts";
import { type CatchUpDeps, catchUp } from "../log/catch-up.ts";
import type { LogReader } from "../log/reader/log-reader.ts";
import { fullness } from "./fullness.ts";
import { gapMessage } from "./gap-message.ts";

export interface ReadLogDeps extends CatchUpDeps {
  readonly table: ConsoleTable;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "event">;
}

/**
 * Stream a console's log from where the caller says to now (or until a time), then the position
 * where live output goes on. Ends with "not_found" or "invalid_argument" where that is the answer.
 */
export function serveReadLog(
  request: ReadLogRequestReceived,
  outlet: Outlet<ReadLogResponse>,
  grant: Grant,
  deps: ReadLogDeps,
): void {
  readLog(request, outlet, grant, deps).then(
    () => {
      outlet.end();
    },
    (reason: unknown) => {
      outlet.end(ConfedError.from(reason));
    },
  );
}

async function readLog(
  request: ReadLogRequestReceived,
  outlet: Outlet<ReadLogResponse>,
  grant: Grant,
  deps: ReadLogDeps,
): Promise<void> {
  const listed = deps.table.get(request.console);
  if (!holds(grant.verbsOn(listed), LOG_READ)) throw unknownConsole(request.console, deps.table.owner);
  const { console } = listed;
  deps.audit.event({
    event: "log.read",
    ...{ subject: grant.subject, console: listed.name, text: request.start },
  });
  await console.output.numbered;
  await deps.feed.settled(SETTLE_MS);
  const from = await startOffset(request, console, { reader: deps.reader, signal: outlet.signal });
  const { logId } = console.end;
  const past = new AbortController();
  const stop = () => {
    past.abort();
  };
  if (outlet.signal.aborted) stop();
  outlet.signal.addEventListener("abort", stop, { once: true });
  let end = from;
  await catchUp(
    console,
    from,
    {
      signal: past.signal,
      bytes(offset, data, wallTimeMs) {
        if (past.signal.aborted) return;
        if (request.untilMs > 0 && wallTimeMs > request.untilMs) {
          past.abort();
          return;
        }
        outlet.send({ chunk: { offset, data, wallTimeMs } });
        end = offset + data.byteLength;
      },
      gap(gap) {
        if (past.signal.aborted) return;
        outlet.send({ gap: gapMessage(gap, logId) });
        end = gap.to;
      },
      full: () => fullness(outlet),
    },
    { deps, live: () => undefined },
  );
  outlet.signal.removeEventListener("abort", stop);
  outlet.send({ end: { logId, offset: end } });
}

const LOG_READ = verbSet(["log.read"]);

const SETTLE_MS = 500;

async function startOffset(
  request: ReadLogRequestReceived,
  console: Console,
  { reader, signal }: { readonly reader: LogReader; readonly signal: AbortSignal },
): Promise<number> {
  const { logId, offset: end } = console.end;
  const log = { name: console.name, logId };
  switch (request.start) {
    case "lastLines":
      return (await reader.lastLines(log, { lines: request.lastLines ?? 0, before: end }, signal)) ?? end;
    case "sinceMs":
      return (await reader.since(log, request.sinceMs ?? 0, signal)) ?? end;
    case "from": {
      const { logId: wanted, offset } = request.from ?? { logId: "", offset: 0 };
      if (!Number.isSafeInteger(offset))
        throw new ConfedError("invalid_argument", `${offset} is not an offset`);
      if (wanted !== "" && wanted !== logId) {
        throw new ConfedError(
          "data_loss",
          `the log of ${console.name} was started anew; that position is of another`,
          {
            subject: console.name,
            hint: "read it from its beginning",
          },
        );
      }
      return Math.min(offset, end);
    }
    default:
      return 0;
  }
}
