import type { Fault } from "@confed/config";

/** Rows of one table, each a map from column to what is written there; empty cells are left out. */
export type XcatRow = Readonly<Record<string, string>>;

/** What `tabdump` or `lsdef` printed, by table. What lsdef prints has the table's columns, too. */
export interface XcatTables {
  readonly nodehm: readonly XcatRow[];
  readonly nodelist: readonly XcatRow[];
  readonly servicenode: readonly XcatRow[];
  /** BMCs, and how one logs in to them. With passwords: never printed. */
  readonly ipmi: readonly XcatRow[];
  readonly passwd: readonly XcatRow[];
  readonly faults: readonly Fault[];
}

/**
 * Understand the output of `tabdump nodehm`, nodelist, servicenode, ipmi and passwd, one after the other or
 * each in a file, or of `lsdef -t node -l`. A table is known by its columns; rows that are
 * disabled (column `disable`) do not count.
 */
export function readXcatTables(
  texts: readonly { readonly file: string; readonly text: string }[],
): XcatTables {
  const rows = (): XcatRow[] => [];
  const tables = { nodehm: rows(), nodelist: rows(), servicenode: rows(), ipmi: rows(), passwd: rows() };
  const faults: Fault[] = [];
  for (const { file, text } of texts) {
    let columns: readonly string[] = [];
    let table: (typeof tables)[keyof typeof tables] | undefined;
    let object: Record<string, string> | undefined;
    for (const [index, raw] of text.split("\n").entries()) {
      const fault = (message: string, hint?: string) => {
        faults.push({ file, line: index + 1, col: 1, message, hint });
      };
      const [, objectName] = /^Object name: (\S+)/.exec(raw) ?? [];
      const [, key, value] = /^\s+([A-Za-z_.]+)=(.*)$/.exec(raw) ?? [];
      if (objectName !== undefined) {
        object = { node: objectName };
        tables.nodehm.push(object);
        tables.nodelist.push(object);
        tables.ipmi.push(object);
      } else if (object !== undefined && key !== undefined && value !== undefined) {
        // lsdef has the columns of all tables in one object; this is servicenode.conserver.
        if (key === "setupconserver")
          tables.servicenode.push({ node: object["node"] ?? "", conserver: value });
        else if (value !== "") object[key] = value;
      } else if (raw.startsWith("#")) {
        columns = raw.slice(1).trim().split(",");
        const name = tableOf(columns);
        table = name === undefined ? undefined : tables[name];
        if (name === undefined)
          fault(
            "this is not the head of nodehm, nodelist, servicenode, ipmi or passwd",
            "tabdump prints it first",
          );
      } else if (raw.trim() !== "" && table !== undefined) {
        const cells = cellsOf(raw);
        if (cells === undefined) fault("this is no row of a table");
        else {
          const row = Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? ""] as const));
          const isOff = /^(?:1|yes)$/i.test(row["disable"] ?? "");
          if (!isOff) table.push(Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== "")));
        }
      } else if (raw.trim() !== "" && columns.length === 0 && object === undefined) {
        fault("this is neither a table of tabdump nor an object of lsdef");
      }
    }
  }
  return { ...tables, faults };
}

function tableOf(
  columns: readonly string[],
): "nodehm" | "nodelist" | "servicenode" | "ipmi" | "passwd" | undefined {
  if (columns.includes("cons") && columns.includes("termserver")) return "nodehm";
  if (columns.includes("groups")) return "nodelist";
  if (columns.includes("nameserver") && columns.includes("conserver")) return "servicenode";
  if (columns.includes("bmc") && columns.includes("username")) return "ipmi";
  if (columns.includes("key") && columns.includes("password")) return "passwd";
  return undefined;
}

/** Cells between commas, in double quotes or bare; a quote inside is doubled. Undefined: the row is broken. */
function cellsOf(row: string): readonly string[] | undefined {
  const cells: string[] = [];
  let at = 0;
  for (const { 0: part, 1: quoted, 2: bare = "", index } of row.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/gy,
  )) {
    if (index !== at || (part === "" && at > 0 && !row.endsWith(","))) break;
    at += part.length;
    cells.push(quoted?.replaceAll('""', '"') ?? bare);
    if (!part.endsWith(",")) break;
  }
  return at === row.length ? cells : undefined;
}
