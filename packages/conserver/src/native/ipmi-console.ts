import { type Bmc, type BmcConsole, ipmitoolConsole } from "./ipmitool-console.ts";

/**
 * A BMC's Serial over LAN spoken by the agent itself. Secrets by reference only: whoever moves in puts them there.
 * What cannot be said natively stays ipmitool's, and the remark says why.
 */
export function ipmiConsole(name: string, bmc: Bmc): BmcConsole {
  const why = hindrance(bmc);
  if (why !== undefined) {
    const { console, remarks } = ipmitoolConsole(name, bmc);
    return { console, remarks: [`stays with ipmitool: ${why}`, ...remarks] };
  }
  const { host, port, user = "", passwordFile = `/etc/confed/bmc/${name}.password` } = bmc;
  const kgFile = `/etc/confed/bmc/${name}.kg`;
  const quirks = new Set<string>();
  const unknown: string[] = [];
  for (const workaround of bmc.workarounds ?? []) {
    const quirk = QUIRKS[workaround.toLowerCase()];
    if (quirk === undefined) unknown.push(workaround);
    else if (quirk !== ALWAYS) quirks.add(quirk);
  }
  return {
    console: {
      name,
      transport: "ipmi",
      host,
      ...(port === undefined || port === 623 ? {} : { port }),
      user,
      password: { file: passwordFile },
      ...(bmc.hasKg ? { bmcKey: { file: kgFile } } : {}),
      ...(bmc.privilege === undefined ? {} : { privilege: PRIVILEGES[bmc.privilege.toLowerCase()] ?? "" }),
      ...(bmc.cipherSuite === undefined ? {} : { suite: bmc.cipherSuite }),
      ...(quirks.size === 0 ? {} : { quirks: [...quirks] }),
    },
    remarks: [
      `put its password into ${passwordFile}, mode 0600`,
      ...(bmc.hasKg ? [`put its key (K_g) into ${kgFile}, mode 0600`] : []),
      ...unknown.map((workaround) => `the workaround ${workaround} has no counterpart: left out`),
    ],
  };
}

/** What the agent's own configuration would refuse. */
function hindrance({ user, privilege, cipherSuite }: Bmc): string | undefined {
  if (user === undefined || user === "") return "it has no user name, by which native consoles log in";
  if (Buffer.byteLength(user) > 16) return "IPMI has no user names beyond 16 bytes";
  if (privilege !== undefined && PRIVILEGES[privilege.toLowerCase()] === undefined)
    return `${privilege} is no privilege that is asked for here`;
  if (cipherSuite !== undefined && !SUITES.has(cipherSuite))
    return `cipher suite ${cipherSuite} is not spoken here (MD5)`;
  return undefined;
}

const SUITES: ReadonlySet<number> = new Set([0, 1, 2, 3, 15, 16, 17]);

const PRIVILEGES: Readonly<Record<string, "user" | "operator" | "administrator">> = {
  user: "user",
  operator: "operator",
  op: "operator",
  admin: "administrator",
  administrator: "administrator",
};

/** Done for every BMC. */
const ALWAYS = "";

/** The workarounds of FreeIPMI (conman's W:), conserver's names for them, and ipmitool's -o. */
const QUIRKS: Readonly<Record<string, string>> = {
  authcap: "authcap",
  "auth-capabilities": "authcap",
  "auth-capabilites": "authcap",
  nochecksumcheck: "nochecksumcheck",
  checksum: "nochecksumcheck",
  solpacketseq: "solpacketseq",
  "packet-sequence": "solpacketseq",
  intel20: "intel20",
  "intel-session": "intel20",
  i82571spt: "i82571spt",
  none: ALWAYS,
  default: ALWAYS,
  "activation-status": ALWAYS,
  solstatus: ALWAYS,
  "channel-payload": ALWAYS,
  solchannelsupport: ALWAYS,
  "ignore-payload-size": ALWAYS,
  solpayloadsize: ALWAYS,
  "ignore-port": ALWAYS,
  solport: ALWAYS,
  integrity: ALWAYS,
  integritycheckvalue: ALWAYS,
  privilege: ALWAYS,
  opensesspriv: ALWAYS,
  "serial-alerts": ALWAYS,
  serialalertsdeferred: ALWAYS,
  "sun-session": ALWAYS,
  sun20: ALWAYS,
  "supermicro-session": ALWAYS,
  supermicro20: ALWAYS,
  usesolkeepalive: ALWAYS,
};
