import type { ConserverSettings } from "@confed/config";
import type { BehindHeadGateway, HeadDeps } from "@confed/head";
import { ConfedError, type Logger } from "@confed/kernel";
import { generateSigningKey, prove } from "@confed/trust";
import type { Call } from "@confed/wire";
import type { World } from "../world.ts";
import type { BehindGateway } from "./behind-gateway.ts";

/** What the gateway of a head takes from its process. */
export interface HeadGatewayDeps {
  readonly world: Pick<World, "clock" | "pid">;
  readonly logger: Logger;
  /** Read again what can be while it runs. */
  readonly reload: (by: string) => Promise<void>;
}

/**
 * How a head serves conserver's clients, for all its agents; undefined where it is not asked to. Attaches are relayed, with a
 * ticket for the user as his own client would have one.
 */
export function headGateway(
  settings: ConserverSettings | undefined,
  { world, logger, reload }: HeadGatewayDeps,
): HeadDeps["gateway"] {
  if (settings === undefined || settings.listen.length === 0) return undefined;
  return async (behind, identity) => {
    const { openGateway } = await import("./open-gateway.ts");
    return openGateway(settings, {
      ...{ behind: behindHead(behind), audit: behind.audit, identity, logger },
      clock: world.clock,
      reload,
      // A head has no logs of consoles.
      reopenLogs: () => undefined,
      quit: () => {
        process.kill(world.pid, "SIGTERM");
      },
    });
  };
}

function behindHead({ services, gatewayOf }: BehindHeadGateway): BehindGateway {
  const key = generateSigningKey();
  const resolved = (console: string, call: Call, clientKey: Uint8Array) => {
    try {
      const request = { console, verbs: [], clientKey: Buffer.from(clientKey) };
      return services.resolve(request, call);
    } catch (reason) {
      const error = ConfedError.from(reason);
      if (NOT_THERE.has(error.code)) return undefined;
      throw error;
    }
  };
  return {
    services,
    gatewayOf,
    find: async (console, call) => resolved(console, call, new Uint8Array())?.status ?? undefined,
    ticketFor: async (console, call) => {
      const { owner, relayTicket } = resolved(console, call, key.publicKey) ?? {};
      if (!relayTicket) return undefined;
      return {
        ticket: relayTicket,
        prove: (challenge) => {
          if (challenge.agent === owner) return prove(key, challenge);
          throw new ConfedError(
            "unauthenticated",
            `agent ${challenge.agent} answers instead of ${owner ?? "another"}`,
          );
        },
      };
    },
  };
}

/** A name that is no name of ours either. */
const NOT_THERE: ReadonlySet<string> = new Set(["not_found", "permission_denied", "invalid_argument"]);
