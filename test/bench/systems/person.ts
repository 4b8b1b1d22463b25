import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { enroll, identityDirectory } from "@confed/agent/identity";
import { authorityDirectory, localSocketOf, readAuthorities } from "@confed/head";
import { parseHostPort, systemClock } from "@confed/kernel";
import { changeCredential, credentialPath } from "@confed/rcons";
import { generateSigningKey, identifierFor, type SigningKey } from "@confed/trust";
import { issueCertificate, makeKeyPem, makeRequest } from "@confed/trust/certificates";
import {
  type Channel,
  type ChannelTls,
  type ClientTlsMaterial,
  openChannel,
  type TicketReceived,
} from "@confed/wire";

/** A way to a console, as a head shows it. Whoever has it closes the channel. */
export interface Way {
  readonly channel: Channel<"Agent">;
  readonly ticket: TicketReceived | null;
  /** What the ticket is bound to. */
  readonly key: SigningKey;
}

/**
 * Who runs a benchmark, to one head and its agents: known by a certificate, over TLS, with a ticket for every
 * attach, and may do everything. rcons of this process's environment is the same person.
 */
export interface Person {
  /** Another connection to the head. */
  readonly head: () => Channel<"Head">;
  /** Where a console is: asks the head, over the same connection each time, and dials its agent, or `through` if that is given. */
  readonly wayTo: (console: string, through?: string) => Promise<Way>;
  /** Make the agent with this state directory a machine of the head's cluster, before it is started. */
  readonly enroll: (id: string, stateDir: string) => Promise<void>;
  /** What the environment knows of the head is gone, and every connection. */
  readonly forget: () => Promise<void>;
}

/** One with a certificate. */
export interface CertifiedPerson extends Person {
  readonly material: ClientTlsMaterial;
}

const NAME = "bench";
const CERTIFICATE_MS = 24 * 3_600_000;

/** Where the programs that a benchmark starts find who runs it; for the environment, before any is started. */
export function credentialsIn(dir: string): Readonly<Record<string, string>> {
  return { CONFED_CREDENTIALS: join(dir, "credentials.json"), CONFED_HEAD: "" };
}

/** Let us in at a head that listens by now, as its administrator does: by what is in its state directory. */
export async function letIn(head: string, stateDir: string): Promise<CertifiedPerson> {
  const { signal } = new AbortController();
  const authorities = readAuthorities(authorityDirectory(stateDir));
  if (authorities === undefined) throw new Error(`no authorities in ${stateDir}`);
  const administrator = openChannel("Head", `unix:${localSocketOf(stateDir)}`);
  await administrator.client.administer(
    { editBinding: { to: `user:${NAME}`, addRoles: ["admin"] } },
    { signal },
  );
  const key = makeKeyPem();
  const request = await makeRequest(key, NAME);
  const issue = { kind: "user", id: NAME, request, nowMs: systemClock.wallTimeMs() } as const;
  const certificate = await issueCertificate(authorities.users, { ...issue, lifeMs: CERTIFICATE_MS });
  const file = join(stateDir, "bench.pem");
  writeFileSync(file, key + certificate, { mode: 0o600 });
  const authority = authorities.machines.certificatePem;
  const path = credentialPath(process.env);
  if (path === undefined) throw new Error("no CONFED_CREDENTIALS");
  const remember = async () => ({ authority, certificate: file });
  await changeCredential(path, head, { clock: systemClock, change: remember });

  const material: ClientTlsMaterial = {
    ...{ key, certificate, authorities: authority, lockedOut: new Set() },
    identify: identifierFor({ machines: authority, users: authority }),
  };
  const tls: ChannelTls = { provider: { current: () => material, watch: () => () => undefined } };
  const channels: Channel<"Head">[] = [];
  const open = () => {
    const channel = openChannel("Head", head, tls);
    channels.push(channel);
    return channel;
  };
  const asked = open();
  return {
    material,
    head: open,
    async wayTo(console, through) {
      const bound = generateSigningKey();
      const { direct } = await asked.client.resolve(
        { console, verbs: ["view", "write"], clientKey: bound.publicKey },
        { signal: new AbortController().signal },
      );
      const [first] = direct;
      if (first === undefined) throw new Error(`the agent of ${console} announced no address`);
      return {
        channel: openChannel("Agent", through ?? first.address, tls),
        ticket: first.ticket,
        key: bound,
      };
    },
    async enroll(id, agentDir) {
      mkdirSync(agentDir, { recursive: true });
      const createToken = { machine: { kind: "agent", id } };
      const { token } = await administrator.client.enrolment({ createToken }, { signal });
      await enroll(
        { directory: identityDirectory(agentDir), id, head: parseHostPort(head), token },
        { clock: systemClock, signal, onPending: () => undefined },
      );
    },
    async forget() {
      for (const channel of [administrator, ...channels]) channel.close();
      await changeCredential(path, head, { clock: systemClock, change: async () => undefined });
    },
  };
}

/** Whoever comes to a head that does without TLS, where everybody may do everything. */
export function anybodyAt(head: string): Person {
  const channels: Channel<"Head">[] = [];
  const open = () => {
    const channel = openChannel("Head", head);
    channels.push(channel);
    return channel;
  };
  const asked = open();
  return {
    head: open,
    async wayTo(console, through) {
      const { direct } = await asked.client.resolve({ console }, { signal: new AbortController().signal });
      const address = through ?? direct[0]?.address ?? "";
      return { channel: openChannel("Agent", address), ticket: null, key: generateSigningKey() };
    },
    enroll: () => Promise.resolve(),
    forget() {
      for (const channel of channels) channel.close();
      return Promise.resolve();
    },
  };
}
