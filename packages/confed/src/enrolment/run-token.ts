import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { ConfedError, EXIT, formatDuration, neutralise, parseDurationMs } from "@confed/kernel";
import type { EnrolmentTokenReceived } from "@confed/wire";
import { askHead, type HeadFlags } from "../process/ask-head.ts";
import type { World } from "../world.ts";
import { rowsOf } from "./rows-of.ts";

/** What commander makes of the command line of `confed token create`. */
export interface TokenFlags extends Pick<HeadFlags, "config"> {
  readonly agent?: string;
  readonly head?: string;
  readonly ttl?: string;
  readonly consoles?: string;
  readonly cidr?: readonly string[];
  readonly rejoin?: true;
  readonly key?: string;
  readonly approve?: true;
}

/** `confed token create`. The token alone on standard output, for scripts. */
export async function runTokenCreate(world: World, flags: TokenFlags): Promise<number> {
  const createToken = wishOf(flags);
  // Here --head names whom the token is for.
  return askHead(world, { config: flags.config }, async (client, signal) => {
    const { token, expiresMs } = await client.enrolment({ createToken }, { signal });
    world.stdout.write(`${token}\n`);
    const { kind, id } = createToken.machine;
    const times =
      createToken.rejoinApproval || createToken.rejoinKey !== undefined ? "again and again" : "once";
    const left = formatDuration(expiresMs - world.clock.wallTimeMs());
    world.stderr.write(
      `good ${times}, for ${left}; on ${id}: confed ${kind} enroll --head HEAD --token TOKEN\n`,
    );
    return EXIT.ok;
  });
}

/** `confed token ls`. */
export function runTokenList(world: World, flags: HeadFlags & { readonly json?: true }): Promise<number> {
  return askHead(world, flags, async (client, signal) => {
    const { tokens } = await client.enrolment({ list: {} }, { signal });
    if (flags.json === true) world.stdout.write(`${JSON.stringify(tokens)}\n`);
    else
      world.stdout.write(tokens.length === 0 ? "no tokens\n" : tokenLines(tokens, world.clock.wallTimeMs()));
    return EXIT.ok;
  });
}

/** `confed token rm`. */
export function runTokenRemove(world: World, id: string, flags: HeadFlags): Promise<number> {
  return askHead(world, flags, async (client, signal) => {
    await client.enrolment({ removeToken: id }, { signal });
    world.stdout.write(`removed ${neutralise(id, 40)}: who was enrolled by it stays\n`);
    return EXIT.ok;
  });
}

function wishOf({ agent, head, ttl, consoles = "", cidr = [], rejoin, key, approve }: TokenFlags) {
  const wrong = (message: string, hint: string) => new ConfedError("invalid_argument", message, { hint });
  if ((agent === undefined) === (head === undefined))
    throw wrong("a token is for one machine", "--agent NAME, or --head NAME");
  const isBound = key !== undefined || approve === true;
  if (rejoin === true && (!isBound || (key !== undefined && approve === true)))
    throw wrong(
      "a token for rejoining is bound to a key, or to an approval",
      "--rejoin --key FILE, or --rejoin --approve",
    );
  if (rejoin !== true && isBound) throw wrong("--key and --approve are for rejoining", "add --rejoin");
  return {
    machine: agent === undefined ? { kind: "head", id: head ?? "" } : { kind: "agent", id: agent },
    ttlMs: ttl === undefined ? 0 : parseDurationMs(ttl),
    consoles,
    cidrs: [...cidr],
    rejoinApproval: approve === true,
    ...(key === undefined ? {} : { rejoinKey: publicKeyIn(key) }),
  };
}

/** A public key, a certificate or a private key, PEM: what of it is public is sent. */
function publicKeyIn(file: string): Buffer {
  try {
    return createPublicKey(readFileSync(file)).export({ type: "spki", format: "der" });
  } catch (cause) {
    throw new ConfedError("invalid_argument", `${file} holds no key: ${ConfedError.from(cause).rawMessage}`, {
      where: file,
      hint: "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes one; give its public half here",
      cause,
    });
  }
}

function tokenLines(tokens: readonly EnrolmentTokenReceived[], nowMs: number): string {
  return rowsOf(
    ["ID", "FOR", "LEFT", "KIND", "CONSOLES", "FROM"],
    tokens.map(({ id, machine, expiresMs, rejoin, used, consoles, cidrs }) => [
      ...[id, `${machine?.kind ?? ""} ${machine?.id ?? ""}`],
      expiresMs <= nowMs ? "expired" : formatDuration(expiresMs - nowMs),
      used ? "used" : rejoin === "" ? "once" : `rejoin by ${rejoin}`,
      ...[consoles === "" ? "any" : consoles, cidrs.length === 0 ? "anywhere" : cidrs.join(" ")],
    ]),
  );
}
