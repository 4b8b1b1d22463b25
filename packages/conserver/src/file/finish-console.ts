import type { Refuse } from "./block-reader.ts";
import type { ConserverConsole, ConsoleWay } from "./conserver-file.ts";
import type { ConsoleFields } from "./console-fields.ts";
import { type Substitution, type SubstitutionValues, substitute } from "./substitution.ts";
import type { FilePlace } from "./word-reader.ts";

/** A `console` block at its closing brace. */
export interface ConsoleDraft {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly fields: ConsoleFields;
  readonly at: FilePlace;
}

/** The console with its substitutions made and its ports counted; undefined if something is missing. */
export function finishConsole(draft: ConsoleDraft, refuse: Refuse): ConserverConsole | undefined {
  const { name, aliases, fields, at } = draft;
  const { master, logfile, initcmd, initsubst } = fields;
  const values = substitutionValues(draft);
  const replace = (text: string, key: SubstKey, substitutions: readonly Substitution[] = []) => {
    const without = substitutions.find(({ token }) => values[token] === undefined);
    if (without === undefined) return substitute(text, substitutions, values);
    refuse(at, `${key} needs ${NEEDS[without.token]}, which the console has not: it is left out`);
    return text;
  };
  if (master === undefined) refuse(at, "has no master", 'say which host has it: "master localhost;"');
  const way = wayOf(draft, replace, refuse);
  if (master === undefined || way === undefined) return undefined;
  return {
    name,
    aliases,
    master,
    way,
    // Where nobody can attach, nothing is logged.
    logfile: way.type === "noop" ? undefined : logfile?.replaceAll("&", () => name),
    initcmd: initcmd === undefined ? undefined : replace(initcmd, "initsubst", initsubst),
    fields,
    at,
  };
}

/** The port that is dialled: 16 bits, as conserver counts. */
export function finalPort({ port, portbase = 0, portinc = 1 }: ConsoleFields): number | undefined {
  return port === undefined ? undefined : (portbase + portinc * port) & 0xffff;
}

type SubstKey = "devicesubst" | "execsubst" | "udssubst" | "initsubst";

const NEEDS: Readonly<Record<Substitution["token"], string>> = {
  c: "a name",
  h: "host",
  r: "replstring",
  b: "baud",
  p: "port",
  P: "port",
};

/** What tokens stand for in a console's texts. */
export function substitutionValues({
  name,
  fields,
}: Pick<ConsoleDraft, "name" | "fields">): SubstitutionValues {
  const { host, replstring = "", baud, port } = fields;
  return { c: name, h: host, r: replstring, b: baud, p: port, P: finalPort(fields) };
}

type Replace = (text: string, key: SubstKey, substitutions?: readonly Substitution[]) => string;

function wayOf(draft: ConsoleDraft, replace: Replace, refuse: Refuse): ConsoleWay | undefined {
  const { type, host, device, baud, parity, exec, uds, protocol = "telnet" } = draft.fields;
  const port = finalPort(draft.fields);
  const missing = (key: string): ConsoleWay | undefined => {
    refuse(draft.at, `has no ${key}`);
    return undefined;
  };
  switch (type) {
    case "exec":
      if (exec === undefined) return { type };
      return { type, command: replace(exec, "execsubst", draft.fields.execsubst) };
    case "host":
      if (host === undefined) missing("host");
      if (port === undefined) return missing("port");
      return host === undefined ? undefined : { type, host, port, protocol };
    case "device":
      if (baud === undefined) missing("baud");
      if (parity === undefined) missing("parity");
      if (device === undefined) return missing("device");
      if (baud === undefined || parity === undefined) return undefined;
      return {
        type,
        device: replace(device, "devicesubst", draft.fields.devicesubst),
        baud: Number(baud),
        parity,
      };
    case "uds":
      if (uds === undefined) return missing("uds");
      return { type, path: replace(uds, "udssubst", draft.fields.udssubst) };
    case "noop":
      return { type };
    case "ipmi":
      return host === undefined ? missing("host") : { type, host };
    case undefined:
      return missing("type");
  }
}
