import { type AuditSettings, DEFAULT_AUDIT } from "@confed/config";
import { ConfedError, matches, parseSelection, type Selectable } from "@confed/kernel";
import type { Audit, AuditEvent, AuditEventName } from "@confed/trust/audit";
import type { Mode } from "../viewers/seat.ts";

/** Who is about to look at a console, or to write to it. */
export interface AuditedSeat {
  audited(event: AuditEventName, more?: Pick<AuditEvent, "text" | "details">): AuditEvent;
}

/** How somebody attaches, or asks for the keyboard. */
export interface AuditedWay {
  readonly wanted: Mode;
  readonly force: boolean;
  /** An administrator, who may go in unseen by the audit when he forces it. */
  readonly mayBreakGlass: boolean;
}

/** An audit without which nobody may write to some consoles. */
export interface StrictAudit extends Pick<Audit, "event"> {
  /**
   * Note an attach. Of a strict console it resolves for who wants to write when that is on the disk,
   * and rejects with "failed_precondition" when it cannot be. An administrator who forces it breaks the
   * glass: he is let in, and the journal of the host has it at once.
   */
  attach(seat: AuditedSeat, console: Selectable, way: AuditedWay): Promise<void>;
  /** The same for who is attached already and wants to write. Throws what `attach` rejects with. */
  mayWrite(seat: AuditedSeat, console: Selectable, way: AuditedWay): void;
}

/** The policy of a configuration, over an audit. */
export function strictAudit(
  audit: Audit,
  { policy, consoles = "*" }: Pick<AuditSettings, "policy" | "consoles"> = DEFAULT_AUDIT,
): StrictAudit {
  const selection = policy === "strict" ? parseSelection(consoles) : undefined;
  const isStrict = (console: Selectable, { wanted }: AuditedWay) =>
    wanted === "WRITE" && selection !== undefined && matches(selection, console);
  const refuse = (
    seat: AuditedSeat,
    { name }: Selectable,
    { force, mayBreakGlass }: AuditedWay,
    why: string,
  ) => {
    if (!force || !mayBreakGlass) throw notAudited(name, why);
    audit.alarm(seat.audited("access.break-glass", { text: why }));
  };
  return {
    event: (event) => {
      audit.event(event);
    },
    async attach(seat, console, way) {
      const { wanted: text, force } = way;
      const event = seat.audited("attach.start", { text, details: { force } });
      if (!isStrict(console, way)) {
        audit.event(event);
        return;
      }
      try {
        await audit.recorded(event);
      } catch (reason) {
        refuse(seat, console, way, ConfedError.from(reason).rawMessage);
      }
    },
    mayWrite(seat, console, way) {
      const { trouble } = audit;
      if (trouble !== undefined && isStrict(console, way)) refuse(seat, console, way, trouble);
    },
  };
}

function notAudited(name: string, why: string): ConfedError {
  return new ConfedError("failed_precondition", `nobody may write to ${name} unseen: ${why}`, {
    subject: name,
    hint: "its audit is strict; look with --spy, come again when it can be written, or, as an administrator, --force: the journal of the host then has it",
  });
}
