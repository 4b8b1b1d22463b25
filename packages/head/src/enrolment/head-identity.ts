import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { identifierFor } from "@confed/trust";
import {
  issueCertificate,
  MACHINE_CERTIFICATE_MS,
  makeKeyPem,
  makeRequest,
} from "@confed/trust/certificates";
import type { TlsMaterial, TlsProvider } from "@confed/wire";
import type { Authorities } from "./authorities.ts";
import type { Machines } from "./machines.ts";

export interface HeadIdentityDeps {
  readonly authorities: Authorities;
  readonly machines: Machines;
  /** Called back when a machine was revoked, or comes back. */
  readonly onMachines: (changed: () => void) => Cancel;
  readonly head: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long nobody believes us after the wall clock was set, at most. */
const LOOK_INTERVAL_MS = 60_000;
/** Certificates begin an hour before they were made; a clock that is set back further makes them begin later than now. */
const SET_BACK_MS_MAX = 30 * 60_000;

/**
 * The certificate of a head that has the authorities: made at each start and at half of its life, its key never on a disk,
 * and when the wall clock was set so that it does not hold. Whoever knows the authority knows each of them.
 */
export async function headIdentity(deps: HeadIdentityDeps): Promise<TlsProvider & { readonly stop: Cancel }> {
  const { authorities, machines, onMachines, head, clock, logger } = deps;
  const { machines: ours, users } = authorities;
  const pems = { machines: ours.certificatePem, users: users.certificatePem };
  const identify = identifierFor(pems);
  let madeMs = 0;
  const make = async (): Promise<Pick<TlsMaterial, "key" | "certificate">> => {
    const key = makeKeyPem();
    const request = await makeRequest(key, head);
    const nowMs = clock.wallTimeMs();
    const own = await issueCertificate(ours, { kind: "head", id: head, request, nowMs });
    madeMs = nowMs;
    return { key, certificate: own + ours.certificatePem };
  };
  const watchers = new Set<() => void>();
  let own = await make();
  const compose = (): TlsMaterial => ({
    ...own,
    authorities: pems.machines + pems.users,
    identify,
    lockedOut: machines.lockedOut(clock.wallTimeMs()),
  });
  let material = compose();
  const changed = () => {
    material = compose();
    for (const watcher of watchers) watcher();
  };
  const stopListening = onMachines(changed);
  let cancel: Cancel = () => undefined;
  const look = () => {
    cancel = clock.after(LOOK_INTERVAL_MS, look);
    const ageMs = clock.wallTimeMs() - madeMs;
    if (ageMs < MACHINE_CERTIFICATE_MS / 2 && ageMs > -SET_BACK_MS_MAX) return;
    make().then(
      (next) => {
        own = next;
        changed();
      },
      (reason: unknown) => {
        logger.error("the head's certificate was not renewed", {
          cause: ConfedError.from(reason).rawMessage,
        });
      },
    );
  };
  cancel = clock.after(LOOK_INTERVAL_MS, look);
  return {
    current: () => material,
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
    stop() {
      cancel();
      stopListening();
    },
  };
}
