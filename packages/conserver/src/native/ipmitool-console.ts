import type { NativeConsole } from "./native-file.ts";

/** What is known of a BMC. Secrets are not: only that there were some. */
export interface Bmc {
  readonly host: string;
  readonly user?: string | undefined;
  readonly hasPassword: boolean;
  readonly hasKg: boolean;
  readonly cipherSuite?: number | undefined;
  /** `user`, `operator` or `admin`. */
  readonly privilege?: string | undefined;
  readonly workarounds?: readonly string[] | undefined;
}

/** ipmitool's Serial over LAN to a BMC. Passwords come from a file: what is in argv, everybody on the host reads. */
export function ipmitoolConsole(
  name: string,
  { host, user, hasPassword, hasKg, cipherSuite, privilege, workarounds = [] }: Bmc,
): { readonly console: NativeConsole; readonly remarks: readonly string[] } {
  const passwordFile = `/etc/confed/bmc/${name}.password`;
  const argv = [
    ...["ipmitool", "-I", "lanplus", "-H", host],
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
