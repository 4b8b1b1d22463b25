import { createPublicKey, X509Certificate } from "node:crypto";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import { pinOf } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { checkRequest, issueCertificate, MACHINE_CERTIFICATE_MS } from "@confed/trust/certificates";
import type { EnrollResponse, MachineIdentity } from "@confed/wire";
import type { Change, Entry, Store } from "../store/store.ts";
import type { Authorities } from "./authorities.ts";
import { keyOf, Machines, replaced, storedCertificate, withCertificate } from "./machines.ts";
import type { MachineName, StoredMachine, StoredPending, StoredToken } from "./stored.ts";
import { Tokens } from "./tokens.ts";

export interface EnrolmentDeps {
  readonly store: Store;
  readonly authorities: Authorities;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: Audit;
  /** How long a machine's certificate holds; a week unless a test is in a hurry. */
  readonly certificateMs?: number | undefined;
}

/** Somebody with a token. */
export interface Applicant {
  readonly tokenId: string;
  readonly secret: string;
  /** PKCS#10, DER. */
  readonly request: Uint8Array;
  /** Where it comes from, without the port. */
  readonly address: string;
}

/** Requests for approval that may wait: each is one of a machine that has a token, the last one counts. */
const PENDING_MS = 24 * 3_600_000;

/** Makes machines members of the cluster and keeps them so, at the head that has its authorities. */
export class Enrolment {
  readonly tokens: Tokens;
  readonly machines: Machines;
  readonly #deps: EnrolmentDeps;

  constructor(deps: EnrolmentDeps) {
    this.#deps = deps;
    this.tokens = new Tokens({ ...deps, pin: deps.authorities.machines.pin });
    this.machines = new Machines(deps);
  }

  /**
   * The first certificate of a machine. A token is spent by the key that comes with it first: the same key gets the same answer
   * again, should that be lost; any other is refused, and alarmed. Those for rejoining ask for more than their secret.
   */
  async enroll(applicant: Applicant): Promise<EnrollResponse> {
    const { address } = applicant;
    const token = this.tokens.check({ ...applicant, id: applicant.tokenId });
    const { machine, rejoin, usedBy } = token.value;
    try {
      const pin = await pinIn(applicant.request, machine.id);
      if (rejoin?.by === "key" && rejoin.pin !== pin) throw notTheKey(machine);
      if (rejoin?.by === "approval" && !this.#isApproved(token, pin))
        return await this.#wait(token, pin, address);
      if (rejoin === undefined && usedBy !== undefined) return this.#again(token, pin, address);
      return await this.#give(token, applicant.request, pin);
    } catch (reason) {
      const { rawMessage } = ConfedError.from(reason);
      const about = { agent: machine.id, peer: address, text: rawMessage, details: { token: token.key } };
      this.#deps.audit.event({ event: "enrol.refused", ...about });
      throw reason;
    }
  }

  /**
   * The next certificate of a machine that shows its current one. Each generation is renewed once: who asks with the one
   * before it holds a copy of an identity, and that is locked, for nobody can say which of the two is the true one. Only
   * the key of the last renewal, whose answer may have been lost, is answered again.
   */
  async renew(identity: MachineIdentity, request: Uint8Array): Promise<EnrollResponse> {
    const { kind, id, serial } = identity;
    const entry = this.machines.get(identity);
    if (entry === undefined) this.machines.admit(identity);
    if (entry === undefined) throw replaced(identity);
    this.machines.checkState(entry.value);
    const { current, former, generation, consoles } = entry.value;
    const pin = await pinIn(request, id);
    if (serial === former[0] && pin === current.pin) return this.#answer(current.pem);
    if (serial !== current.serial) {
      if (!former.includes(serial)) {
        const text = `${kind} ${id} asked for a renewal with a certificate from before its last enrolment`;
        this.#deps.audit.alarm({ event: "certificate.cloned", agent: id, text });
        throw replaced(identity);
      }
      const of = generation - 1 - former.indexOf(serial);
      await this.machines.lock(entry, `generation ${of} of its certificate was renewed twice`);
      this.machines.checkState({
        ...entry.value,
        state: "locked",
        why: `generation ${of} of its certificate was renewed twice`,
      });
    }
    const certificate = await this.#issue(entry.value.machine, request);
    const nowMs = this.#deps.clock.wallTimeMs();
    const next = withCertificate(entry.value, {
      ...{ machine: entry.value.machine, certificate, consoles },
      ...{ nowMs, renewal: true },
    });
    await this.#commit(entry, next, []);
    this.#deps.audit.event({
      event: "certificate.renewed",
      agent: id,
      details: { generation: next.generation },
    });
    return this.#answer(certificate.pem);
  }

  /** Those that wait for approval. */
  pending(): readonly StoredPending[] {
    const oldMs = this.#deps.clock.wallTimeMs() - PENDING_MS;
    const all = this.#deps.store.list("pending").map(({ value }) => value);
    return all.filter(({ approved, sinceMs }) => !approved && sinceMs > oldMs);
  }

  /** The key with this fingerprint is the machine's: it may fetch its certificate. Rejects with "not_found". */
  async approve(machine: MachineName, fingerprint: string, by: string): Promise<void> {
    const entry = this.#deps.store.get("pending", keyOf(machine));
    if (entry === undefined || entry.value.pin !== fingerprint.replaceAll(":", "").toLowerCase()) {
      throw new ConfedError("not_found", `no ${machine.kind} ${machine.id} waits with that fingerprint`, {
        subject: machine.id,
        hint: `confed ${machine.kind} ls, and compare with what its enrolment says`,
      });
    }
    const { key, value, revision } = entry;
    await this.#deps.store.commit([
      { kind: "pending", key, value: { ...value, approved: true }, ifRevision: revision },
    ]);
    const details = { fingerprint: value.pin, approved: true };
    this.#deps.audit.event({ event: "enrol.pending", subject: by, agent: machine.id, details });
  }

  #isApproved({ key, value }: Entry<"tokens">, pin: string): boolean {
    const pending = this.#deps.store.get("pending", keyOf(value.machine))?.value;
    return pending !== undefined && pending.approved && pending.pin === pin && pending.tokenId === key;
  }

  async #wait(
    { key: tokenId, value }: Entry<"tokens">,
    pin: string,
    address: string,
  ): Promise<EnrollResponse> {
    const key = keyOf(value.machine);
    const known = this.#deps.store.get("pending", key)?.value;
    // It asks again and again: that is no reason to write.
    if (known?.pin !== pin || known.tokenId !== tokenId) {
      const sinceMs = this.#deps.clock.wallTimeMs();
      const pending: StoredPending = {
        machine: value.machine,
        tokenId,
        pin,
        address,
        sinceMs,
        approved: false,
      };
      await this.#deps.store.commit([{ kind: "pending", key, value: pending }]);
      const details = { fingerprint: pin, approved: false };
      this.#deps.audit.event({ event: "enrol.pending", agent: value.machine.id, peer: address, details });
    }
    return { pendingFingerprint: pin };
  }

  #again({ key, value }: Entry<"tokens">, pin: string, address: string): EnrollResponse {
    const { machine, usedBy } = value;
    const known = this.machines.get(machine)?.value;
    if (usedBy === pin && known?.current.pin === pin) return this.#answer(known.current.pem);
    const about = { agent: machine.id, peer: address, details: { token: key } };
    this.#deps.audit.alarm({
      event: "token.reused",
      ...about,
      text: `a spent token for ${machine.id} was used`,
    });
    this.#deps.logger.error("a spent token was used", { agent: machine.id, peer: address, token: key });
    throw new ConfedError("unauthenticated", `the token for ${machine.kind} ${machine.id} was used already`, {
      subject: machine.id,
      hint: `if that was not you: confed ${machine.kind} revoke ${machine.id}; then confed token create --${machine.kind} ${machine.id}`,
    });
  }

  async #give(token: Entry<"tokens">, request: Uint8Array, pin: string): Promise<EnrollResponse> {
    const { machine, consoles, rejoin } = token.value;
    const entry = this.machines.get(machine);
    const certificate = await this.#issue(machine, request);
    const nowMs = this.#deps.clock.wallTimeMs();
    const next = withCertificate(entry?.value, { machine, certificate, consoles, nowMs, renewal: false });
    const spent: StoredToken = { ...token.value, usedBy: pin };
    const more: Change[] = [];
    // Two with the same token at the same time: the second finds it spent.
    if (rejoin === undefined)
      more.push({ kind: "tokens", key: token.key, value: spent, ifRevision: token.revision });
    if (rejoin?.by === "approval") more.push({ kind: "pending", key: keyOf(machine), value: undefined });
    await this.#commit(entry, next, more);
    this.#deps.logger.info("a machine was enrolled", {
      [machine.kind]: machine.id,
      generation: next.generation,
    });
    const details = { token: token.key, generation: next.generation, serial: certificate.serial };
    this.#deps.audit.event({ event: "enrol.ok", agent: machine.id, details });
    return this.#answer(certificate.pem);
  }

  async #issue({ kind, id }: MachineName, request: Uint8Array) {
    const { clock, authorities, certificateMs = MACHINE_CERTIFICATE_MS } = this.#deps;
    const nowMs = clock.wallTimeMs();
    const pem = await issueCertificate(authorities.machines, {
      kind,
      id,
      request,
      nowMs,
      lifeMs: certificateMs,
    });
    return storedCertificate(new X509Certificate(pem), pem);
  }

  #commit(
    entry: Entry<"machines"> | undefined,
    next: StoredMachine,
    more: readonly Change[],
  ): Promise<number> {
    const key = keyOf(next.machine);
    return this.#deps.store.commit([
      { kind: "machines", key, value: next, ifRevision: entry?.revision ?? 0 },
      ...more,
    ]);
  }

  #answer(certificate: string): EnrollResponse {
    const { machines, users } = this.#deps.authorities;
    return { certificate, machines: machines.certificatePem, users: users.certificatePem };
  }
}

async function pinIn(request: Uint8Array, id: string): Promise<string> {
  const { publicKey } = await checkRequest(request, id);
  return pinOf(createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" }));
}

function notTheKey({ kind, id }: MachineName): ConfedError {
  return new ConfedError("permission_denied", `the token for ${kind} ${id} is bound to another key`, {
    subject: id,
    hint: `confed ${kind} enroll --key FILE with the key that the token was made for`,
  });
}
