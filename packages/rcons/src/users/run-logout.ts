import { ConfedError, EXIT, formatHostPort } from "@confed/kernel";
import { changeCredential, credentialPath, readCredentials } from "../identity/credential-file.ts";
import { dial } from "../route/peer.ts";
import type { Targets } from "../route/targets.ts";
import { untilInterrupted } from "../route/with-peer.ts";
import type { World } from "../world.ts";

const DIAL_TIMEOUT_MS = 3_000;

/**
 * `rcons logout`: the log-in is over at the head, and forgotten here; here also if the head cannot be reached, which is
 * said. Which cluster the head belongs to is still known, unless that is to be forgotten, too.
 */
export function runLogout(
  world: World,
  targets: Targets,
  { forget = false }: { readonly forget?: boolean } = {},
): Promise<number> {
  const path = credentialPath(world.env);
  if (targets.kind !== "heads" || path === undefined)
    throw new ConfedError("invalid_argument", "one logs out at a head", { hint: "rcons --head HOST logout" });
  return untilInterrupted(world, async (signal) => {
    const { clock, stdout, stderr } = world;
    for (const to of targets.heads) {
      const head = formatHostPort(to);
      const login = readCredentials(path)[head]?.login;
      if (login !== undefined && "refresh" in login) {
        try {
          const peer = await dial("head", to, { ...targets, clock, signal, timeoutMs: DIAL_TIMEOUT_MS });
          try {
            // Read again: it may have been renewed to be introduced.
            const now = readCredentials(path)[head]?.login;
            if (now !== undefined && "refresh" in now)
              await peer.client.logout({ refreshToken: now.refresh }, { signal });
          } finally {
            peer.close();
          }
        } catch (reason) {
          const { code, rawMessage } = ConfedError.from(reason);
          if (code !== "unauthenticated")
            stderr.write(`rcons: it ends by itself at the head: ${rawMessage}\n`);
        }
      }
      await changeCredential(path, head, {
        clock,
        change: async (known) => (known === undefined || forget ? undefined : { authority: known.authority }),
      });
      stdout.write(login === undefined ? `not logged in at ${head}\n` : `logged out at ${head}\n`);
    }
    return EXIT.ok;
  });
}
