import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { enroll, identityDirectory, readIdentity } from "@confed/agent/identity";
import { authorityDirectory, localSocketOf, readAuthorities } from "@confed/head";
import { type Clock, ConfedError, makeDirectory, parseHostPort } from "@confed/kernel";
import { changeCredential } from "@confed/rcons";
import { issueCertificate, makeKeyPem, makeRequest } from "@confed/trust/certificates";
import { type Channel, openChannel } from "@confed/wire";
import type { UpPlan } from "./up-plan.ts";

/** Makes everybody of a federation on this host somebody to the others. */
export interface UpTrust {
  /** Of an agent, before it is started. */
  enroll(id: string): Promise<void>;
  /** Whoever runs us may do everything from now on, as rcons of the same person finds by itself. */
  letIn(): Promise<void>;
  /** What rcons found is gone. */
  close(): Promise<void>;
}

interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** As the administrator of the head of this plan, over its own socket, which is open by now. */
export async function trustOf(
  { dir, user, credentials }: UpPlan,
  head: string,
  { clock, signal }: Waiting,
): Promise<UpTrust> {
  const stateDir = join(dir, "head");
  const authorities = readAuthorities(authorityDirectory(stateDir));
  if (authorities === undefined)
    throw new ConfedError("failed_precondition", "the head made no authorities", { subject: stateDir });
  const channel: Channel<"Head"> = openChannel("Head", `unix:${localSocketOf(stateDir)}`);
  await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal });
  const { client } = channel;
  const { certificatePem: authority } = authorities.machines;
  let isIn = false;
  return {
    async enroll(id) {
      const directory = identityDirectory(join(dir, id));
      const known = readIdentity(directory);
      const isGood = known?.machines === authority && known.notAfterMs - clock.wallTimeMs() > HOLDS_MS_MIN;
      if (isGood) return;
      const createToken = { machine: { kind: "agent", id } };
      const { token } = await client.enrolment({ createToken }, { signal });
      makeDirectory(join(dir, id), 0o700);
      await enroll(
        { directory, id, head: parseHostPort(head), token },
        { clock, signal, onPending: () => undefined },
      );
    },
    async letIn() {
      const editBinding = { to: `user:${user}`, addRoles: ["admin"] };
      await client.administer({ editBinding }, { signal });
      const key = makeKeyPem();
      const nowMs = clock.wallTimeMs();
      const request = await makeRequest(key, user);
      const issue = { kind: "user", id: user, request, nowMs, lifeMs: USER_CERTIFICATE_MS } as const;
      const certificate = join(dir, "client.pem");
      writeFileSync(certificate, key + (await issueCertificate(authorities.users, issue)), { mode: 0o600 });
      if (credentials === undefined) return;
      await changeCredential(credentials, head, { clock, change: async () => ({ authority, certificate }) });
      isIn = true;
    },
    async close() {
      channel.close();
      if (!isIn || credentials === undefined) return;
      await changeCredential(credentials, head, { clock, change: async () => undefined });
    },
  };
}

const CONNECT_TIMEOUT_MS = 5_000;
/** One that holds for less is made anew: agents renew at half of a week. */
const HOLDS_MS_MIN = 24 * 3_600_000;
/** Made anew at every start. */
const USER_CERTIFICATE_MS = 365 * 24 * 3_600_000;
