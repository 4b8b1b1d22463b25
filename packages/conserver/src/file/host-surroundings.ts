import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { type ConfigFiles, systemFiles } from "@confed/config";
import { foldName } from "@confed/kernel";
import type { Surroundings } from "./read-conserver-file.ts";

/**
 * This host: its names (long and short, and those that hosts(5) gives its addresses) and addresses as they are now, and
 * /etc/services, which is read when a port is first written as a name. No name server is asked: a slow one would
 * delay every reload.
 */
export function hostSurroundings(
  files: ConfigFiles = systemFiles,
  hostsText: () => string = () => textOf("/etc/hosts"),
): Surroundings {
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const name = foldName(hostname());
  const addresses = new Set(interfaces.map(({ address }) => foldName(address)));
  const mine = new Set(["localhost", name, name.split(".")[0] ?? name, ...addresses]);
  for (const each of namesIn(hostsText(), addresses)) mine.add(each);
  let services: ReadonlyMap<string, number> | undefined;
  return {
    files,
    isMe: (host) => mine.has(foldName(host)),
    servicePort: (service) => {
      services ??= readServices();
      return services.get(service);
    },
  };
}

/** hosts(5): what these addresses are called; all of 127.0.0.0/8 is this host, and its own name often stands there. */
function namesIn(text: string, addresses: ReadonlySet<string>): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const isOurs = addresses.has(foldName(address)) || address.startsWith("127.");
    return isOurs ? names.map(foldName) : [];
  });
}

/** services(5): the tcp ports by every name that they have. Without the file, none. */
function readServices(): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  // A host without the file has no names for ports; the fault then names the one that was used.
  for (const line of textOf("/etc/services").split("\n")) {
    const [name, port, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, digits] = /^(\d{1,5})\/tcp$/.exec(port ?? "") ?? [];
    if (digits === undefined) continue;
    for (const each of [name ?? "", ...aliases]) ports.set(each, Number(digits));
  }
  return ports;
}

/** Nothing where there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
