/**
 * Everything that is audited. A code never changes its meaning and is never given again; its last
 * letter is the severity: Information, Warning, Error, Critical. 1: sessions, 2: configuration and
 * processes, 3: the federation, 4: identities, 9: the audit itself.
 */
export const AUDIT_CODES = {
  "attach.start": "RC1001I",
  "attach.end": "RC1002I",
  /** The keyboard was asked for or given up. */
  "attach.mode": "RC1003I",
  /** Somebody attached or asked for the keyboard by force, and nobody held it. */
  "attach.force": "RC1004W",
  /** The keyboard was taken from somebody. */
  "attach.steal": "RC1005W",
  "attach.refused": "RC1006W",
  /** Somebody without an identity, or whose roles do not allow what was asked for. */
  "access.refused": "RC1009W",
  "console.break": "RC1007W",
  "console.reconnect": "RC1008I",
  /** Its link was dropped and is not opened again until somebody asks. */
  "console.down": "RC1010W",
  /** A program that configuration offers with a console was started. */
  "console.task": "RC1011W",
  /** Words for everybody who is attached to some consoles. */
  "console.tell": "RC1012I",
  /** A session was ended by an administrator. */
  "console.disconnect": "RC1013W",
  /** Let in though the audit, or what else should have been asked, could not be had. */
  "access.break-glass": "RC1090C",
  "log.read": "RC1101I",
  /** Live output of many consoles. */
  "log.follow": "RC1104I",

  "config.reload": "RC2001I",
  /** What a reload did to consoles and settings. */
  "config.changed": "RC2002I",
  "config.refused": "RC2003W",
  /** What a head assigns was changed: a console defined, edited, moved, taken away. */
  "assignment.changed": "RC2004I",
  "assignment.refused": "RC2005W",
  /** An agent has the consoles that a head assigns to it. */
  "assignment.received": "RC2006I",
  "process.start": "RC2101I",
  "process.stop": "RC2102I",
  /** A newer process has everything of this one. */
  "process.takeover": "RC2103I",

  "agent.joined": "RC3001I",
  "agent.left": "RC3002W",
  "agent.refused": "RC3003W",
  "owner.changed": "RC3101I",
  "owner.conflict": "RC3102W",
  /** What claims to be the writing head's store is not what that one signed: nothing of it is believed. */
  "snapshot.refused": "RC3301E",
  /** A console was given to an agent though another, which is taken for dead, has not let go of it. */
  "owner.forced": "RC3103W",
  /** Logs cannot be written, or what is printed is lost to them. */
  "recording.gap": "RC3201W",
  "recording.restored": "RC3202I",

  "login.ok": "RC4001I",
  "login.failed": "RC4002W",
  logout: "RC4003I",
  "token.created": "RC4101I",
  /** Used up, and somebody used it again. */
  "token.reused": "RC4103W",
  "token.expired": "RC4104I",
  "token.revoked": "RC4105I",
  "enrol.ok": "RC4201I",
  "enrol.refused": "RC4202W",
  "certificate.renewed": "RC4203I",
  /** One identity, two holders. */
  "certificate.cloned": "RC4204E",
  "certificate.revoked": "RC4205W",
  "certificate.unlocked": "RC4207W",
  /** Waits for an administrator, or has been approved by one. */
  "enrol.pending": "RC4206I",
  "ticket.issued": "RC4301I",
  "ticket.used": "RC4302I",
  "ticket.refused": "RC4303W",
  "role.changed": "RC4401I",
  "user.changed": "RC4402I",
  /** An agent holds everybody to other roles from now on. */
  "policy.received": "RC4403I",
  /** What somebody was given before counts no more. */
  "access.revoked": "RC4404W",
  "secret.read": "RC4501I",
  /** A source of bad connections is shut out for a while. */
  penalty: "RC4601W",

  /** The first record of every file. */
  "audit.begun": "RC9001I",
  "audit.checkpoint": "RC9002I",
  /** A crash tore the end of a file; what was torn was cut off. */
  "audit.healed": "RC9003W",
  /** The audit could not be written for a while; how many events were lost. */
  "audit.hole": "RC9004E",
  /** Files went before a receiver had them. */
  "audit.forward-gap": "RC9005W",
} as const;

/** The name of something that is audited. */
export type AuditEventName = keyof typeof AUDIT_CODES;

/**
 * What anybody can bring about without being known, as often as he likes. Of those without a subject only
 * so many a second are kept, and the rest is counted.
 */
export const ANYBODYS: ReadonlySet<AuditEventName> = new Set<AuditEventName>([
  "access.refused",
  "agent.refused",
  "attach.refused",
  "enrol.refused",
  "login.failed",
  "ticket.refused",
]);

/** How bad it is, in the numbers of syslog (RFC 5424, 6.2.1). */
export function syslogSeverityOf(code: string): number {
  return SEVERITIES[code.at(-1) ?? ""] ?? SEVERITIES["I"] ?? 0;
}

const SEVERITIES: Readonly<Record<string, number>> = { I: 6, W: 4, E: 3, C: 2 };
