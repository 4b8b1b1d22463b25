import { ConfedError, neutralise } from "@confed/kernel";
import { CONTROL_VERBS, holds, type Verb, verbSet } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { type ControlRequestReceived, type ControlResponse, toDetail } from "@confed/wire";
import type { Grant } from "../access/access.ts";
import type { ConsoleTable, Listed } from "../console/console-table.ts";
import type { Seat } from "../viewers/seat.ts";

/** A message, not a text: as long as what somebody types into an attached console. */
const TELL_CHARACTERS_MAX = 1_000;

/** Who is let go is told by whom, in the words that conserver(8) has for it. */
const letGoBy = (who: string) => new ConfedError("permission_denied", `Disconnected by admin \`${who}'`);

/**
 * Speak to who is attached to some consoles, or let them go. Answers with the consoles where somebody was, and how many they
 * were. Costs a look at every console of the selection.
 */
export function controlViewers(
  request: ControlRequestReceived,
  grant: Grant,
  {
    table,
    audit,
    by,
  }: { readonly table: ConsoleTable; readonly audit: Pick<Audit, "event">; readonly by: string },
): ControlResponse {
  const telling = request.action === "tell";
  const verb = CONTROL_VERBS[telling ? "tell" : "disconnect"];
  const needed = verbSet([verb]);
  const user = (telling ? request.tell : request.disconnect)?.user ?? "";
  const { found, unknown } = table.select(request.selection, (listed) => holds(grant.verbsOn(listed), LIST));
  const meant = found.flatMap((listed) => {
    const seats = [...listed.console.viewers.seats].filter((seat) => isMeant(seat, user));
    return seats.length === 0 ? [] : [{ listed, seats }];
  });
  const allowed = meant.filter(({ listed }) => holds(grant.verbsOn(listed), needed));
  const who = callerOf(request, by);
  const text = neutralise(request.tell?.text ?? "", TELL_CHARACTERS_MAX);
  for (const { listed, seats } of allowed) {
    if (!telling) letGo(listed, seats, { who, by, audit });
    else {
      const message = { event: { kind: "NOTICE", subject: who, text: `${who}: ${text}` } } as const;
      for (const seat of seats) seat.tell(message);
    }
  }
  const sessions = allowed.reduce((sum, { seats }) => sum + seats.length, 0);
  if (telling) audit.event({ event: "console.tell", subject: by, text, details: { sessions } });
  const errors = meant.length === allowed.length ? unknown : [...unknown, denied(verb)];
  return {
    consoles: allowed.map(({ listed }) => listed.name),
    errors: errors.map((error) => toDetail(error)),
    sessions,
  };
}

const LIST = verbSet(["list"]);

function letGo(
  { name }: Listed,
  seats: readonly Seat[],
  { who, by, audit }: { readonly who: string; readonly by: string; readonly audit: Pick<Audit, "event"> },
): void {
  for (const seat of seats) {
    const details = { from: seat.subject, session: seat.sessionId };
    audit.event({ event: "console.disconnect", subject: by, console: name, details });
    seat.end(letGoBy(who));
  }
}

/** `user@host` is called `user`; nobody in particular is everybody. */
function isMeant({ subject }: Seat, user: string): boolean {
  return user === "" || subject === user || subject.startsWith(`${user}@`);
}

/** With the host that he says, as others see him: the name is the proven one. */
function callerOf({ subject }: ControlRequestReceived, by: string): string {
  return subject.startsWith(`${by}@`) ? neutralise(subject, 128) : by;
}

function denied(verb: Verb): ConfedError {
  return new ConfedError("permission_denied", `your roles do not allow ${verb} on some of these consoles`);
}
