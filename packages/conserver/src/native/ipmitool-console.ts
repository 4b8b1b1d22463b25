import type { NativeConsole } from "./native-file.ts";

/** What is known of a BMC. Secrets are not: only that there were some. */
export interface Bmc {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly hasPassword: boolean;
  /** Where it is to be, unless in a file of the console's own. */
  readonly passwordFile?: string | undefined;
  readonly hasKg: boolean;
  readonly cipherSuite?: number | undefined;
  /** `user`, `operator` or `admin`. */
  readonly privilege?: string | undefined;
  readonly workarounds?: readonly string[] | undefined;
}

/** A console behind a BMC, and what is to be said of it. */
export interface BmcConsole {
  readonly console: NativeConsole;
  readonly remarks: readonly string[];
}

/** A way to a BMC. */
export type ToBmc = (name: string, bmc: Bmc) => BmcConsole;

/** ipmitool's Serial over LAN to a BMC. Passwords come from a file: what is in argv, everybody on the host reads. */
export function ipmitoolConsole(
  name: string,
  { host, port, user, hasPassword, hasKg, cipherSuite, privilege, workarounds = [], ...bmc }: Bmc,
): BmcConsole {
  const { passwordFile = `/etc/confed/bmc/${name}.password` } = bmc;
  const argv = [
    ...["ipmitool", "-I", "lanplus", "-H", host],
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-U", user]),
    ...(hasPassword ? ["-f", passwordFile] : []),
    ...(cipherSuite === undefined ? [] : ["-C", String(cipherSuite)]),
    ...(privilege === undefined ? [] : ["-L", PRIVILEGES[privilege] ?? privilege.toUpperCase()]),
    ...workarounds.flatMap((workaround) => ["-o", workaround]),
    ...["sol", "activate"],
  ];
  return {
    console: { name, transport: "exec", argv },
    remarks: [
      ...(hasPassword ? [`put its password into ${passwordFile}, mode 0600`] : []),
      ...(hasKg ? ["its key (K_g) is left out: ipmitool takes it from IPMI_KGKEY only"] : []),
    ],
  };
}

const PRIVILEGES: Readonly<Record<string, string>> = {
  user: "USER",
  operator: "OPERATOR",
  op: "OPERATOR",
  admin: "ADMINISTRATOR",
};
