import { readFileSync } from "node:fs";
import { ConfedError, formatHostPort, type HostPort, parseHostPort } from "@confed/kernel";
import { pinOf } from "@confed/trust";
import { readCredentials } from "../identity/credential-file.ts";
import type { World } from "../world.ts";
import { readSecret } from "./read-secret.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The authority (PEM) that a head must prove: that of a file, of an earlier log-in there, of a pin, or, at a terminal, the one that
 * the head shows and a person says yes to. Rejects with "auth_failed" where the head is not of that cluster.
 */
export async function findAuthority(
  world: World,
  {
    head,
    address,
    path,
    signal,
    pin: asked,
    ca = world.env["CONFED_CA"],
  }: {
    readonly head: HostPort;
    readonly address: string;
    readonly path: string;
    readonly signal: AbortSignal;
    readonly pin?: string | undefined;
    readonly ca?: string | undefined;
  },
): Promise<string> {
  const name = formatHostPort(head);
  if (ca !== undefined && ca !== "") return readAuthority(ca);
  const known = readCredentials(path)[name];
  if (known !== undefined && asked === undefined) return known.authority;
  const { pinnedAuthority } = await import("@confed/wire");
  const pin = asked
    ?.toLowerCase()
    .replace(/^sha256:/, "")
    .replaceAll(":", "");
  let shown = "";
  const authority = await pinnedAuthority(parseHostPort(address), {
    isPinned(certificate) {
      shown = pinOf(certificate);
      return pin === undefined || shown === pin;
    },
    timeoutMs: CONNECT_TIMEOUT_MS,
    signal,
  });
  if (pin !== undefined) return authority;
  const hint = `rcons --head ${name} login --pin ${shown}, if that is what \`confed ca show\` says at the head`;
  if (world.stdin.isTTY !== true)
    throw new ConfedError("failed_precondition", `nothing is known yet of head ${name}`, {
      subject: name,
      hint,
    });
  world.stderr.write(`The cluster of ${name} is not known yet. Its authority's pin is\n  ${shown}\n`);
  const answer = await readSecret(world, "Is it the one that `confed ca show` says there? (yes/no) ");
  if (answer.trim().toLowerCase() === "yes") return authority;
  throw new ConfedError("canceled", "not logged in");
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    const { code, rawMessage } = ConfedError.from(reason);
    throw new ConfedError(code, `the authority cannot be read: ${rawMessage}`, {
      where: path,
      cause: reason,
    });
  }
}
