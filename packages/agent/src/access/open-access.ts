import { neutralise } from "@confed/kernel";
import { ALL_VERBS, issueResumeToken, readResumeToken, type SigningKey } from "@confed/trust";
import type { Access, Grant, SessionGrant } from "./access.ts";

export interface OpenAccessDeps {
  readonly agent: string;
  /** Signs what a client comes back with, so that nobody else ends its session. */
  readonly key: SigningKey;
}

/**
 * Whoever reaches this agent may do everything: on loopback, without TLS. People are called what
 * their client says.
 */
export function openAccess({ agent, key }: OpenAccessDeps): Access {
  return {
    authorise: () => ANYBODY,
    admit: (_call, open) => ({
      is: "granted",
      grant: sessionOf(neutralise(open.subject, 128) || "somebody", supersededBy(open.resumeToken)),
    }),
    watch: () => () => undefined,
  };

  function sessionOf(subject: string, supersedes: string | undefined): SessionGrant {
    return {
      ...ANYBODY,
      subject,
      leftMs: Number.POSITIVE_INFINITY,
      supersedes,
      resumeToken: (sessionId) =>
        issueResumeToken(key, { ...NOTHING, agent, subject, sessionId, untilMs: Number.MAX_SAFE_INTEGER }),
    };
  }

  // It allows nothing that is not allowed anyway; a bad one is none.
  function supersededBy(token: Uint8Array): string | undefined {
    if (token.byteLength === 0) return undefined;
    try {
      return readResumeToken(key, token, { agent, wallTimeMs: 0 }).sessionId;
    } catch {
      return undefined;
    }
  }
}

const ANYBODY: Grant = {
  subject: "local:anonymous",
  verbsOn: () => ALL_VERBS,
  mayEver: () => true,
  ended: undefined,
};

/** A token that only says which session it is of. */
const NOTHING = { groups: [], verbs: 0, consoles: "", policyRevision: 0, clientKey: "" } as const;
