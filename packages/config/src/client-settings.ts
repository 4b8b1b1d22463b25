import { ConfedError, type HostPort, parseHostPort } from "@confed/kernel";
import convict from "convict";
import { deepFreeze } from "./deep-freeze.ts";
import type { Fault, LoadResult } from "./fault.ts";

/** What a client needs to know before it can ask anybody anything. Frozen. */
export interface ClientSettings {
  /** At least one, in the order to try. */
  readonly heads: readonly HostPort[];
}

/** Where the settings of a client come from; given by the entry point. */
export interface ClientSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was given on the command line; wins over the environment. */
  readonly args: { readonly head?: string | undefined };
}

const HEAD_PORT = 7100;
const LOCAL_HEAD = `127.0.0.1:${HEAD_PORT}`;

/** From `--head`, else CONFED_HEAD, else the local head. Both may list several, with commas. */
export function clientSettings({ env, args }: ClientSources): LoadResult<ClientSettings> {
  const layers = convict(
    {
      head: {
        doc: "Heads to ask, host:port, with commas",
        format: String,
        default: LOCAL_HEAD,
        env: "CONFED_HEAD",
      },
    },
    { env: env.CONFED_HEAD === "" ? {} : { CONFED_HEAD: env.CONFED_HEAD }, args: [] },
  );
  // Set, not parsed by convict's arguments: those would make a number of 0x10.
  if (args.head !== undefined) layers.set("head", args.head);
  const file = args.head === undefined ? "CONFED_HEAD" : "--head";
  const heads: HostPort[] = [];
  const faults: Fault[] = [];
  for (const part of layers.get("head").split(",")) {
    try {
      heads.push(parseHostPort(part.trim(), HEAD_PORT));
    } catch (reason) {
      const { rawMessage, hint } = ConfedError.from(reason);
      faults.push({ file, line: 0, col: 0, message: rawMessage, hint });
    }
  }
  return faults.length > 0 ? { faults: deepFreeze(faults) } : { ok: deepFreeze({ heads }) };
}
