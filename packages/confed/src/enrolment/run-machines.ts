import { EXIT, formatDuration } from "@confed/kernel";
import { askHead, type HeadFlags } from "../process/ask-head.ts";
import type { World } from "../world.ts";
import { rowsOf } from "./rows-of.ts";

/** Agents and heads are enrolled alike. */
export type MachineKind = "agent" | "head";

/** `confed agent ls`: who was enrolled, and who waits for approval. */
export function runMachineList(
  world: World,
  kind: MachineKind,
  flags: HeadFlags & { readonly json?: true },
): Promise<number> {
  return askHead(world, flags, async (client, signal) => {
    const all = await client.enrolment({ list: {} }, { signal });
    const machines = all.machines.filter(({ machine }) => machine?.kind === kind);
    const pending = all.pending.filter(({ machine }) => machine?.kind === kind);
    if (flags.json === true) {
      world.stdout.write(`${JSON.stringify({ machines, pending })}\n`);
      return EXIT.ok;
    }
    const nowMs = world.clock.wallTimeMs();
    const parts: string[] = [];
    if (machines.length === 0) parts.push(`no ${kind} is enrolled\n`);
    else {
      const rows = machines.map(({ machine, state, why, generation, notAfterMs, consoles }) => [
        ...[machine?.id ?? "", state, String(generation)],
        notAfterMs <= nowMs ? "ended" : formatDuration(notAfterMs - nowMs),
        ...[consoles === "" ? "any" : consoles, why],
      ]);
      parts.push(rowsOf(["NAME", "STATE", "GENERATION", "LEFT", "CONSOLES", ""], rows));
    }
    if (pending.length > 0) {
      const rows = pending.map(({ machine, address, sinceMs, fingerprint }) => [
        ...[machine?.id ?? "", address, `${formatDuration(Math.max(0, nowMs - sinceMs))} ago`],
        fingerprint,
      ]);
      parts.push("\nwaiting for approval: compare the fingerprint with what the machine says\n");
      parts.push(rowsOf(["NAME", "FROM", "ASKED", "FINGERPRINT"], rows));
    }
    world.stdout.write(parts.join(""));
    return EXIT.ok;
  });
}

/** `confed agent approve`. */
export function runApprove(
  world: World,
  asked: { readonly kind: MachineKind; readonly id: string; readonly fingerprint: string },
  flags: HeadFlags,
): Promise<number> {
  const { kind, id, fingerprint } = asked;
  return askHead(world, flags, async (client, signal) => {
    await client.enrolment({ approve: { machine: { kind, id }, fingerprint } }, { signal });
    world.stdout.write(`approved: ${kind} ${id} gets its certificate when it asks again\n`);
    return EXIT.ok;
  });
}

/** `confed agent unlock`. */
export function runUnlock(world: World, kind: MachineKind, id: string, flags: HeadFlags): Promise<number> {
  return askHead(world, flags, async (client, signal) => {
    await client.enrolment({ unlock: { kind, id } }, { signal });
    world.stdout.write(
      `unlocked: the ${kind} with the latest certificate of ${id} goes on, a copy does not\n`,
    );
    return EXIT.ok;
  });
}

/** `confed agent revoke`. */
export function runRevoke(world: World, kind: MachineKind, id: string, flags: HeadFlags): Promise<number> {
  return askHead(world, flags, async (client, signal) => {
    await client.enrolment({ revoke: { kind, id } }, { signal });
    world.stdout.write(`revoked: no certificate of ${kind} ${id} counts any more\n`);
    return EXIT.ok;
  });
}
