import type { BmcOf } from "../native/native-ipmi.ts";
import type { XcatRow, XcatTables } from "./xcat-tables.ts";

/** Who has no password of his own has the one of table passwd, key ipmi. */
const SHARED_PASSWORD = "/etc/confed/bmc/ipmi.password";

/**
 * The BMCs of nodes by xCAT's tables `ipmi` and `passwd`, or by what lsdef prints of them, as `cons/ipmi` finds
 * them: a node's own row first, then those of its groups. Passwords are looked for, and never given.
 */
export function bmcsOfXcat({ ipmi, nodelist, passwd }: XcatTables): BmcOf {
  const rows = new Map<string, XcatRow>();
  for (const row of ipmi)
    if (row["node"] !== undefined) rows.set(row["node"], { ...rows.get(row["node"]), ...row });
  const groupsOf = new Map(nodelist.map((row) => [row["node"] ?? "", row["groups"] ?? ""] as const));
  const shared = passwd.find((row) => row["key"] === "ipmi");
  return (node) => {
    const names = [node, ...(groupsOf.get(node) ?? "").split(/[, ]+/)];
    const row = names.reduceRight<XcatRow>((all, name) => ({ ...all, ...rows.get(name) }), {});
    const host = row["bmc"];
    if (host === undefined)
      return "its BMC is not known: add what tabdump prints of ipmi (and passwd), or lsdef";
    const rule = ["bmc", "bmcusername", "username"].find((column) => row[column]?.startsWith("|") === true);
    if (rule !== undefined)
      return `its ${rule} is a rule (${row[rule] ?? ""}): give what lsdef prints instead`;
    const own = row["bmcpassword"] ?? row["password"];
    const user = row["bmcusername"] ?? row["username"] ?? shared?.["username"];
    return {
      host,
      ...(user === undefined ? {} : { user }),
      hasPassword: true,
      ...(own === undefined && shared?.["password"] !== undefined ? { passwordFile: SHARED_PASSWORD } : {}),
      hasKg: false,
    };
  };
}
