import { formatFault } from "@confed/config";
import { isConsoleName } from "@confed/kernel";
import type { NativeConsole, NativeEntry, NativeFile } from "../native/native-file.ts";
import type { XcatRow, XcatTables } from "./xcat-tables.ts";

/**
 * The consoles that makeconservercf would write for these tables, each with the groups of its node and the label
 * `conserver`, the host that has it. A row of nodehm may stand for a node or for a group; the node's own row
 * counts first, then its groups in their order, attribute by attribute.
 */
export function nativeFromXcat(
  origin: string,
  { nodehm, nodelist, servicenode, faults }: XcatTables,
): NativeFile {
  const rows = new Map<string, XcatRow>();
  for (const row of nodehm)
    if (row["node"] !== undefined) rows.set(row["node"], { ...rows.get(row["node"]), ...row });
  const groupsOf = new Map(nodelist.map((row) => [row["node"] ?? "", listOf(row["groups"])] as const));
  const groups = new Set([...groupsOf.values()].flat());
  // A node may be known to nodehm alone, where nodelist was not given.
  const nodes = [...new Set([...groupsOf.keys(), ...[...rows.keys()].filter((name) => !groups.has(name))])];
  const entries = nodes.flatMap((node): readonly NativeEntry[] => {
    const own = groupsOf.get(node) ?? [];
    const row = [node, ...own].reduceRight<XcatRow>((all, name) => ({ ...all, ...rows.get(name) }), {});
    return entryOf(node, own, row);
  });
  const hosts = servicenode.flatMap((row) =>
    /^[12]$/.test(row["conserver"] ?? "") ? [row["node"] ?? ""] : [],
  );
  return {
    origin,
    remarks: [
      ...(hosts.length === 0
        ? []
        : [`these service nodes run consoles, each wants an agent: ${hosts.join(", ")}`]),
      ...faults.map(formatFault),
    ],
    // replaycons reads them there.
    logs: { path: "/var/log/consoles/&", stamped: "all" },
    entries,
  };
}

/** Nothing for a node that has no console. */
function entryOf(name: string, groups: readonly string[], row: XcatRow): readonly NativeEntry[] {
  const method = row["cons"] ?? (row["serialport"] === undefined ? undefined : row["mgt"]);
  if (method === undefined) return [];
  const left = (why: string): readonly NativeEntry[] => [{ name, console: undefined, remarks: [why] }];
  if (!isConsoleName(name)) return left("this name cannot be a console's here: rename it");
  const rule = Object.entries(row).find(([, value]) => value.startsWith("|"));
  if (rule !== undefined)
    return left(`its ${rule[0]} is a rule (${rule[1]}): import what lsdef prints instead`);
  const way = wayOf(name, method, row);
  if (typeof way === "string") return left(way);
  const conserver = row["conserver"]?.split(":")[0];
  return [
    {
      name,
      console: {
        ...way,
        ...(/^(?:1|yes)$/i.test(row["consoleondemand"] ?? "") ? { onDemand: true } : {}),
        ...(groups.length === 0 ? {} : { groups }),
        ...(conserver === undefined ? {} : { labels: { conserver } }),
      },
      remarks: [],
    },
  ];
}

function wayOf(name: string, method: string, { termserver, termport }: XcatRow): NativeConsole | string {
  const ports = TERMINAL_SERVERS[method];
  if (ports === undefined) {
    if (!/^[A-Za-z0-9_-]+$/.test(method)) return `its method ${method} is no name of a script`;
    return { name, transport: "exec", argv: [`/opt/xcat/share/xcat/cons/${method}`, name] };
  }
  if (termserver === undefined || !/^\d{1,5}$/.test(termport ?? ""))
    return `a ${method} needs termserver and termport`;
  const port = ports.base + ports.step * Number(termport);
  if (port < 1 || port > 65_535) return `the port of termport ${termport} would be ${port}`;
  return { name, transport: "telnet", host: termserver, port };
}

/** The ports that makeconservercf gives them. */
const TERMINAL_SERVERS: Readonly<Record<string, { readonly base: number; readonly step: number }>> = {
  cyclades: { base: 7000, step: 1 },
  mrv: { base: 2000, step: 100 },
};

function listOf(text = ""): readonly string[] {
  return text.split(/[, ]+/).filter((each) => each !== "");
}
