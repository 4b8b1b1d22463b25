import { createPublicKey } from "node:crypto";
import { isIP } from "node:net";
import { ConfedError, checkName } from "@confed/kernel";
import { pinOf } from "@confed/trust";
import type {
  Call,
  CreateTokenReceived,
  EnrolledNameReceived,
  EnrollRequestReceived,
  EnrollResponse,
  EnrolmentRequestReceived,
  EnrolmentResponse,
  RenewRequestReceived,
} from "@confed/wire";
import type { Store } from "../store/store.ts";
import type { Enrolment } from "./enrolment.ts";
import type { MachineName, StoredToken } from "./stored.ts";

export interface EnrolmentServiceDeps {
  /** Undefined at a head that has no authority of its own. */
  readonly enrolment: Enrolment | undefined;
  readonly store: Store | undefined;
  /** Who asks, for people, if that one may do this; throws if not. */
  readonly administrator: (call: Call) => string;
}

/** Enroll, for whoever has a token. */
export function enroll(
  { tokenId, secret, request }: EnrollRequestReceived,
  deps: EnrolmentServiceDeps,
  call: Call,
): Promise<EnrollResponse> {
  return has(deps).enroll({ tokenId, secret, request, address: addressOf(call) });
}

/** Renew, for the machine whose certificate the connection has. */
export function renew(
  { request }: RenewRequestReceived,
  deps: EnrolmentServiceDeps,
  { peer }: Call,
): Promise<EnrollResponse> {
  if (peer.class !== "machine") {
    throw new ConfedError("unauthenticated", "only a machine with a certificate can renew it", {
      hint: "confed agent enroll --head HEAD --token TOKEN",
    });
  }
  return has(deps).renew(peer, request);
}

/** Everything that an administrator does about enrolment. */
export async function administerEnrolment(
  request: EnrolmentRequestReceived,
  deps: EnrolmentServiceDeps,
  call: Call,
): Promise<EnrolmentResponse> {
  const by = deps.administrator(call);
  const enrolment = has(deps);
  switch (request.action) {
    case "createToken": {
      const { text, expiresMs } = await enrolment.tokens.create({ ...wishOf(request.createToken), by });
      return { token: text, expiresMs };
    }
    case "removeToken":
      await enrolment.tokens.remove(request.removeToken ?? "", by);
      return {};
    case "list":
      return listOf(enrolment);
    case "approve":
      await enrolment.approve(nameOf(request.approve?.machine), request.approve?.fingerprint ?? "", by);
      return {};
    case "unlock":
      await enrolment.machines.unlock(nameOf(request.unlock), by);
      return {};
    case "revoke":
      await enrolment.machines.revoke(nameOf(request.revoke), by);
      return {};
    default:
      throw new ConfedError("invalid_argument", "the request asks for nothing that this head knows", {
        hint: "is the command newer than the head?",
      });
  }
}

function listOf(enrolment: Enrolment): EnrolmentResponse {
  return {
    tokens: enrolment.tokens.list().map(({ key, value }) => ({
      ...{ id: key, machine: value.machine, consoles: value.consoles, cidrs: [...value.cidrs] },
      ...{ createdMs: value.createdMs, expiresMs: value.expiresMs },
      ...{ rejoin: value.rejoin?.by ?? "", used: value.usedBy !== undefined },
    })),
    machines: enrolment.machines
      .list()
      .map(({ machine, state, why, sinceMs, generation, current, consoles }) => ({
        ...{ machine, state, why, sinceMs, generation, consoles },
        notAfterMs: current.notAfterMs,
      })),
    pending: enrolment.pending().map(({ machine, pin, address, sinceMs }) => ({
      ...{ machine, address, sinceMs },
      fingerprint: pin,
    })),
  };
}

function wishOf(asked: CreateTokenReceived | null | undefined) {
  const { machine, ttlMs, consoles, cidrs, rejoinKey, rejoinApproval } = asked ?? {
    ...{
      machine: null,
      ttlMs: 0,
      consoles: "",
      cidrs: [],
      rejoinKey: Buffer.alloc(0),
      rejoinApproval: false,
    },
  };
  if (rejoinKey.byteLength > 0 && rejoinApproval)
    throw new ConfedError("invalid_argument", "a token is bound to a key or to an approval, not to both");
  const rejoin: StoredToken["rejoin"] =
    rejoinKey.byteLength > 0
      ? { by: "key", pin: pinOfKey(rejoinKey) }
      : rejoinApproval
        ? { by: "approval" }
        : undefined;
  return { machine: nameOf(machine), ttlMs, consoles, cidrs, rejoin };
}

function pinOfKey(der: Uint8Array): string {
  try {
    return pinOf(createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" }));
  } catch (cause) {
    throw new ConfedError("invalid_argument", "the key for rejoining is no public key", { cause });
  }
}

function nameOf(name: EnrolledNameReceived | null | undefined): MachineName {
  const { kind = "", id = "" } = name ?? {};
  if (kind !== "agent" && kind !== "head")
    throw new ConfedError("invalid_argument", "only agents and heads are enrolled", { subject: id });
  return { kind, id: checkName(id, "agent") };
}

function has({ enrolment, store }: Pick<EnrolmentServiceDeps, "enrolment" | "store">): Enrolment {
  if (enrolment !== undefined) return enrolment;
  throw readOnlyHead(store);
}

/** What a head says that does not write: which one does, if it knows. */
export function readOnlyHead(store: Pick<Store, "readOnly"> | undefined): ConfedError {
  if (store?.readOnly !== undefined) return store.readOnly;
  return new ConfedError("read_only_head", "this head has no authority: it enrols and renews nobody", {
    hint: "ask the head where `confed ca init` was run, or run it here if there is none yet",
  });
}

/** Without the port. */
function addressOf({ peer }: Call): string {
  if (peer.class !== "none") return "";
  const host = peer.address.slice(0, peer.address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? peer.address : host;
}
