import type { X509Certificate } from "node:crypto";
import { type Clock, ConfedError, type Logger, parseSelection, type Selection } from "@confed/kernel";
import { pinOf, readCertificate } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import type { MachineIdentity } from "@confed/wire";
import type { Entry, Store } from "../store/store.ts";
import type { MachineName, StoredCertificate, StoredMachine } from "./stored.ts";

export interface MachinesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: Audit;
}

/** How many former certificates are remembered: more than can be valid at the same time. */
const FORMER_MAX = 4;

/** "agent sn01" is another thing than "head sn01". */
export function keyOf({ kind, id }: MachineName): string {
  return `${kind}/${id}`;
}

/** Everybody who was enrolled, and whether they may still come. Answers from memory. */
export class Machines {
  readonly #deps: MachinesDeps;
  /** Asked for each console that an agent is given. */
  readonly #selections = new WeakMap<StoredMachine, Selection>();

  constructor(deps: MachinesDeps) {
    this.#deps = deps;
  }

  get(name: MachineName): Entry<"machines"> | undefined {
    return this.#deps.store.get("machines", keyOf(name));
  }

  list(): readonly StoredMachine[] {
    return this.#deps.store.list("machines").map(({ value }) => value);
  }

  /** Those that are locked or revoked. */
  barred(): readonly StoredMachine[] {
    return this.list().filter(({ state }) => state !== "enrolled");
  }

  /** Certificates that are refused at once while they are valid, those before the last one among them. */
  lockedOut(nowMs: number): ReadonlySet<string> {
    const revoked = this.list().filter(
      ({ state, current }) => state === "revoked" && current.notAfterMs > nowMs,
    );
    return new Set(revoked.flatMap(({ current, former }) => [current.fingerprint, ...former]));
  }

  /**
   * Whether a machine may come with this certificate. Throws "unauthenticated" or "permission_denied", with what mends it. One
   * look-up; the first time that a renewed certificate is shown, a write that nobody waits for.
   */
  admit(identity: MachineIdentity): void {
    const { kind, id, serial } = identity;
    const entry = this.get(identity);
    if (entry === undefined) {
      throw new ConfedError(
        "unauthenticated",
        `${kind} ${id} has a certificate, but is not enrolled at this head`,
        {
          subject: id,
          hint: enrolAgain({ kind, id }),
        },
      );
    }
    this.checkState(entry.value);
    const { current, former, confirmed } = entry.value;
    if (serial === current.serial) {
      if (!confirmed) this.#confirm(entry);
    } else if (confirmed || serial !== former[0]) throw replaced(entry.value.machine);
  }

  /** Throws "permission_denied" for one that is locked or revoked. */
  checkState({ state, why, machine }: StoredMachine): void {
    const { kind, id } = machine;
    if (state === "locked") {
      throw new ConfedError("permission_denied", `${kind} ${id} is locked: ${why}`, {
        subject: id,
        hint: `find the copy and destroy it; then confed ${kind} unlock ${id}, or enrol it anew`,
      });
    }
    if (state === "revoked") {
      throw new ConfedError("permission_denied", `${kind} ${id} was revoked`, {
        subject: id,
        hint: enrolAgain(machine),
      });
    }
  }

  /** Which consoles an agent may claim; undefined: any. */
  consolesOf(id: string): Selection | undefined {
    const machine = this.get({ kind: "agent", id })?.value;
    if (machine === undefined || machine.consoles === "") return undefined;
    const known = this.#selections.get(machine);
    if (known !== undefined) return known;
    const selection = parseSelection(machine.consoles);
    this.#selections.set(machine, selection);
    return selection;
  }

  /** A copy has shown itself: nobody comes in this name until somebody has looked. */
  async lock({ value, revision, key }: Entry<"machines">, why: string): Promise<void> {
    const { machine } = value;
    const text = `${machine.kind} ${machine.id} is locked: ${why}`;
    this.#deps.logger.error("an identity was cloned", { [machine.kind]: machine.id, why });
    this.#deps.audit.alarm({ event: "certificate.cloned", agent: machine.id, text });
    const locked: StoredMachine = { ...value, state: "locked", why, sinceMs: this.#deps.clock.wallTimeMs() };
    await this.#deps.store.commit([{ kind: "machines", key, value: locked, ifRevision: revision }]);
  }

  /** The one with the latest certificate goes on; any other has to be enrolled anew. Rejects with "not_found". */
  async unlock(name: MachineName, by: string): Promise<void> {
    const { key, value, revision } = this.#known(name);
    if (value.state === "enrolled") return;
    if (value.state === "revoked") this.checkState(value);
    const sinceMs = this.#deps.clock.wallTimeMs();
    const unlocked: StoredMachine = {
      ...value,
      state: "enrolled",
      why: "",
      sinceMs,
      former: [],
      confirmed: true,
    };
    await this.#deps.store.commit([{ kind: "machines", key, value: unlocked, ifRevision: revision }]);
    this.#deps.audit.event({ event: "certificate.unlocked", subject: by, agent: name.id });
  }

  /** Its certificate counts no more, from this moment. Rejects with "not_found". */
  async revoke(name: MachineName, by: string): Promise<void> {
    const { key, value, revision } = this.#known(name);
    const sinceMs = this.#deps.clock.wallTimeMs();
    const revoked: StoredMachine = { ...value, state: "revoked", why: `by ${by}`, sinceMs };
    await this.#deps.store.commit([{ kind: "machines", key, value: revoked, ifRevision: revision }]);
    this.#deps.audit.event({ event: "certificate.revoked", subject: by, agent: name.id });
  }

  #known(name: MachineName): Entry<"machines"> {
    const entry = this.get(name);
    if (entry !== undefined) return entry;
    throw new ConfedError("not_found", `no ${name.kind} ${name.id} is enrolled`, {
      subject: name.id,
      hint: `confed ${name.kind} ls`,
    });
  }

  #confirm({ key, value, revision }: Entry<"machines">): void {
    if (this.#deps.store.readOnly !== undefined) return;
    const confirmed: StoredMachine = { ...value, confirmed: true };
    this.#deps.store
      .commit([{ kind: "machines", key, value: confirmed, ifRevision: revision }])
      .catch((reason: unknown) => {
        // Others have noted it, or the next one that comes with it will.
        this.#deps.logger.debug("a renewal is not noted as received", {
          cause: ConfedError.from(reason).rawMessage,
        });
      });
  }
}

/** A machine as it is after a certificate was given: the first of an enrolment, or the next. */
export function withCertificate(
  before: StoredMachine | undefined,
  given: {
    readonly machine: MachineName;
    readonly certificate: StoredCertificate;
    readonly consoles: string;
    readonly nowMs: number;
    readonly renewal: boolean;
  },
): StoredMachine {
  const { machine, certificate, consoles, nowMs, renewal } = given;
  const serial = before?.current.serial;
  const former = renewal && before !== undefined && serial !== undefined ? [serial, ...before.former] : [];
  return {
    ...{ machine, consoles, current: certificate },
    ...{ state: "enrolled", why: "", sinceMs: renewal ? (before?.sinceMs ?? nowMs) : nowMs },
    generation: (before?.generation ?? 0) + 1,
    former: former.slice(0, FORMER_MAX),
    // Of a fresh enrolment nothing older counts.
    confirmed: !renewal,
  };
}

/** What is kept of a certificate. */
export function storedCertificate(certificate: X509Certificate, pem: string): StoredCertificate {
  const { serial, fingerprint, notAfterMs } = readCertificate(certificate);
  return { serial, fingerprint, notAfterMs, pin: pinOf(certificate), pem };
}

/** A certificate that another one has replaced. */
export function replaced({ kind, id }: MachineName): ConfedError {
  return new ConfedError("unauthenticated", `this certificate of ${kind} ${id} was replaced by a newer one`, {
    subject: id,
    hint: `somebody else goes on as ${id}; if that is not you, confed ${kind} revoke ${id}, and enrol it anew`,
  });
}

function enrolAgain({ kind, id }: MachineName): string {
  return `at the head: confed token create --${kind} ${id}; on ${id}: confed ${kind} enroll --head HEAD --token TOKEN`;
}
