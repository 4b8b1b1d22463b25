import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { type ConfigFiles, systemFiles } from "@confed/config";
import { foldName } from "@confed/kernel";
import type { Surroundings } from "./read-conserver-file.ts";

/**
 * This host: its names (long and short) and addresses as they are now, and /etc/services, which is read
 * when a port is first written as a name. Names of other hosts are not resolved: a slow name server would
 * delay every reload.
 */
export function hostSurroundings(files: ConfigFiles = systemFiles): Surroundings {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const name = foldName(hostname());
  const mine = new Set([
    "localhost",
    name,
    name.split(".")[0] ?? name,
    ...addresses.map(({ address }) => foldName(address)),
  ]);
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

/** services(5): the tcp ports by every name that they have. Without the file, none. */
function readServices(): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const line of servicesText().split("\n")) {
    const [name, port, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, digits] = /^(\d{1,5})\/tcp$/.exec(port ?? "") ?? [];
    if (digits === undefined) continue;
    for (const each of [name ?? "", ...aliases]) ports.set(each, Number(digits));
  }
  return ports;
}

function servicesText(): string {
  try {
    return readFileSync("/etc/services", "utf8");
  } catch {
    // A host without the file has no names for ports; the fault then names the one that was used.
    return "";
  }
}
