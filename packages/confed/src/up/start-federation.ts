import { join } from "node:path";
import { localSocketOf } from "@confed/head";
import { type Clock, ConfedError } from "@confed/kernel";
import { findPeer, targetsOf } from "@confed/rcons";
import type { ProcessStatusReceived } from "@confed/wire";
import type { ReadyFields } from "./up-child.ts";
import type { UpFamily } from "./up-family.ts";
import { type RackAddress, UP_RACK, writeAgentFiles, writeHeadFile } from "./up-files.ts";
import type { UpPlan } from "./up-plan.ts";
import { trustOf } from "./up-trust.ts";

/** What runs, and where. */
export interface Federation {
  readonly head: string;
  readonly sn01: string;
  readonly sn02: string;
  /** As the head knew it when the consoles were up, or when waiting for them was given up. */
  readonly status: ProcessStatusReceived;
}

/**
 * Consoles of the rack are up within a second; those of an --include may never be, and nobody should
 * wait for them.
 */
const CONSOLES_TIMEOUT_MS = 5_000;

/** Between two looks at the head. */
const LOOK_INTERVAL_MS = 50;

interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Start head, rack and agents, in this order, and wait until the head knows the consoles. Rejects
 * when one of them ends first, which the family tells, too.
 */
export function startFederation(plan: UpPlan, family: UpFamily, waiting: Waiting): Promise<Federation> {
  const starting = start(plan, family, waiting);
  // A process that ended is told by the family, with what it said: not twice.
  return starting.catch((reason: unknown) => {
    const { code } = ConfedError.from(reason);
    if (code === "process_exited" || waiting.signal.aborted) return new Promise<never>(() => undefined);
    throw reason;
  });
}

async function start(plan: UpPlan, family: UpFamily, waiting: Waiting): Promise<Federation> {
  const rack = family.start("rack", [
    ...["sim", "--mode", "demo", "--consoles", String(UP_RACK.consoles)],
    ...["--tcp", "0", "--telnet", "0", "--ssh", "0"],
    ...["--ssh-user", UP_RACK.user, "--ssh-password", UP_RACK.password],
  ]);
  const headChild = family.start("head", ["head", "--config", writeHeadFile(plan)]);
  const [rackReady, headReady] = await Promise.all([rack.ready, headChild.ready]);
  const head = String(headReady["address"]);
  const trust = await trustOf(plan, head, waiting);
  family.own(() => trust.close());
  await Promise.all([trust.enroll("sn01"), trust.enroll("sn02"), trust.letIn()]);
  const files = writeAgentFiles(plan, { head, rack: rackAddress(rackReady) });
  const agents = [files.sn01, files.sn02].map((file, at) =>
    family.start(`sn0${at + 1}`, ["agent", "--config", file]),
  );
  const [sn01 = {}, sn02 = {}] = await Promise.all(agents.map((agent) => agent.ready));
  const status = await consolesUp(
    localSocketOf(join(plan.dir, "head")),
    Number(sn01["consoles"]) + Number(sn02["consoles"]),
    waiting,
  );
  return { head, sn01: String(sn01["address"]), sn02: String(sn02["address"]), status };
}

/** The head's status, once it knows all consoles as connected or the time for that is over. */
async function consolesUp(
  socket: string,
  consoles: number,
  { clock, signal }: Waiting,
): Promise<ProcessStatusReceived> {
  const peer = await findPeer(targetsOf({ socket }, {}), { clock, signal });
  try {
    const deadlineMs = clock.nowMs() + CONSOLES_TIMEOUT_MS;
    for (;;) {
      const status = await peer.client.status({}, { signal });
      if ((status.consoles["CONNECTED"] ?? 0) >= consoles || clock.nowMs() >= deadlineMs) return status;
      await new Promise<void>((resolve) => {
        clock.after(LOOK_INTERVAL_MS, resolve);
      });
    }
  } finally {
    peer.close();
  }
}

function rackAddress({ first, tcp, telnet, ssh, sshHostKey }: ReadyFields): RackAddress {
  return {
    first: String(first),
    tcp: Number(tcp),
    telnet: Number(telnet),
    ssh: Number(ssh),
    sshHostKey: String(sshHostKey),
  };
}
