import type { AuditEvent, OpenAudit } from "@confed/trust/audit";

/** An audit that keeps in memory what it is told. */
export interface RecordedAudit extends OpenAudit {
  readonly events: readonly AuditEvent[];
  /** Those that went to the journal of the host as well. */
  readonly alarms: readonly AuditEvent[];
}

/** For tests that look at what is audited, not at how it is written. */
export function recordedAudit(): RecordedAudit {
  const events: AuditEvent[] = [];
  const alarms: AuditEvent[] = [];
  return {
    ...{ events, alarms, trouble: undefined },
    event: (event) => void events.push(event),
    recorded(event) {
      events.push(event);
      return Promise.resolve();
    },
    alarm(event) {
      events.push(event);
      alarms.push(event);
    },
    end: () => Promise.resolve(),
  };
}
