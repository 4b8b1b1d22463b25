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

/**
 * The certificate of a head that has the authorities: made at each start and at half of its life, its key never on a disk.
 * Whoever knows the authority knows each of them.
 */
export async function headIdentity(deps: HeadIdentityDeps): Promise<TlsProvider & { readonly stop: Cancel }> {
  const { authorities, machines, onMachines, head, clock, logger } = deps;
  const { machines: ours, users } = authorities;
  const pems = { machines: ours.certificatePem, users: users.certificatePem };
  const identify = identifierFor(pems);
  const make = async (): Promise<Pick<TlsMaterial, "key" | "certificate">> => {
    const key = makeKeyPem();
    const request = await makeRequest(key, head);
    const nowMs = clock.wallTimeMs();
    const own = await issueCertificate(ours, { kind: "head", id: head, request, nowMs });
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
  const renewLater = () => {
    cancel = clock.after(MACHINE_CERTIFICATE_MS / 2, () => {
      renewLater();
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
    });
  };
  renewLater();
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
