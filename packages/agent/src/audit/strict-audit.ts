import { type AuditSettings, DEFAULT_AUDIT } from "@confed/config";
import { ConfedError, matches, parseSelection, type Selectable } from "@confed/kernel";
import type { Audit, AuditEvent, AuditEventName } from "@confed/trust/audit";
import type { Mode } from "../viewers/seat.ts";

/** Who is about to look at a console, or to write to it. */
export interface AuditedSeat {
  audited(event: AuditEventName, more?: Pick<AuditEvent, "text" | "details">): AuditEvent;
}

/** An audit without which nobody may write to some consoles. */
export interface StrictAudit extends Pick<Audit, "event"> {
  /**
   * Note an attach. Of a strict console it resolves for who wants to write when that is on the disk,
   * and rejects with "failed_precondition" when it cannot be.
   */
  attach(
    seat: AuditedSeat,
    console: Selectable,
    how: { readonly wanted: Mode; readonly force: boolean },
  ): Promise<void>;
  /** Throws "failed_precondition" for a strict console while nothing can be written. */
  mayWrite(console: Selectable): void;
}

/** The policy of a configuration, over an audit. */
export function strictAudit(
  audit: Audit,
  { policy, consoles = "*" }: Pick<AuditSettings, "policy" | "consoles"> = DEFAULT_AUDIT,
): StrictAudit {
  const selection = policy === "strict" ? parseSelection(consoles) : undefined;
  const isStrict = (console: Selectable) => selection !== undefined && matches(selection, console);
  return {
    event: (event) => {
      audit.event(event);
    },
    async attach(seat, console, { wanted, force }) {
      const event = seat.audited("attach.start", { text: wanted, details: { force } });
      if (wanted !== "WRITE" || !isStrict(console)) {
        audit.event(event);
        return;
      }
      try {
        await audit.recorded(event);
      } catch (reason) {
        throw notAudited(console.name, ConfedError.from(reason).rawMessage);
      }
    },
    mayWrite(console) {
      if (audit.trouble !== undefined && isStrict(console)) throw notAudited(console.name, audit.trouble);
    },
  };
}

function notAudited(name: string, why: string): ConfedError {
  return new ConfedError("failed_precondition", `nobody may write to ${name} unseen: ${why}`, {
    subject: name,
    hint: "its audit is strict; attach with --read-only, or again when the audit can be written",
  });
}
