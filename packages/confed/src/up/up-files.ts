import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedError, makeDirectory } from "@confed/kernel";
import type { UpPlan } from "./up-plan.ts";

/** The simulated rack behind `confed up`. */
export const UP_RACK = { consoles: 8, user: "root", password: "confed" } as const;

/** Where the rack answers, as it says itself when it is ready. */
export interface RackAddress {
  /** Of the first console; the others follow. */
  readonly first: string;
  readonly tcp: number;
  readonly telnet: number;
  readonly ssh: number;
  readonly sshHostKey: string;
}

/** The configuration of the head: its port may still be 0. */
export function writeHeadFile({ dir, headPort }: UpPlan): string {
  return writeConfig(dir, "head", {
    head: { listen: `127.0.0.1:${headPort}`, state: join(dir, "head"), tls: "on" },
  });
}

/** The configurations of both agents, once the head and the rack have told their ports. */
export function writeAgentFiles(
  plan: UpPlan,
  { head, rack }: { readonly head: string; readonly rack: RackAddress },
): { readonly sn01: string; readonly sn02: string } {
  const { dir, include, shell } = plan;
  const passwordFile = writePrivate(join(dir, "rack.pw"), `${UP_RACK.password}\n`);
  const units = Array.from({ length: UP_RACK.consoles }, (_, index) => ({
    name: `n${String(index + 1).padStart(4, "0")}`,
    host: addressAfter(rack.first, index),
    labels: { rack: "r1", unit: `u${index + 1}` },
    groups: ["compute"],
  }));
  const tcp = units.slice(0, 4).map((unit) => ({ ...unit, transport: "tcp", port: rack.tcp }));
  const telnet = units.slice(4, 6).map((unit) => ({ ...unit, transport: "telnet", port: rack.telnet }));
  const ssh = units.slice(6).map((unit) => ({
    ...unit,
    transport: "ssh",
    port: rack.ssh,
    user: UP_RACK.user,
    password: { file: passwordFile },
    knownHosts: join(dir, "known_hosts"),
  }));
  const knownHosts = ssh.map(({ host, port }) => `[${host}]:${port} ${rack.sshHostKey}\n`).join("");
  writePrivate(join(dir, "known_hosts"), knownHosts);
  const agent = (id: string) => ({
    agent: { id, listen: "127.0.0.1:0", heads: [head], state: join(dir, id), tls: "on" },
    logs: { path: join(dir, "log", "&.log") },
  });
  const shells = shell === "none" ? [] : [shellConsole(shell.user)];
  return {
    sn01: writeConfig(dir, "sn01", {
      ...agent("sn01"),
      consoles: [...tcp, ...shells],
      ...(include === undefined ? {} : { include: [include] }),
    }),
    sn02: writeConfig(dir, "sn02", { ...agent("sn02"), consoles: [...telnet, ...ssh] }),
  };
}

/** The directories of a plan, for its owner alone: logs of consoles hold what people type. */
export function makeDirectories({ dir }: UpPlan): void {
  for (const path of [dir, join(dir, "log"), join(dir, "process")]) {
    makeDirectory(path, 0o700);
  }
}

function shellConsole(user: string | undefined): object {
  return {
    name: "shell01",
    transport: "exec",
    argv: ["/bin/sh", "-i"],
    cwd: "/",
    ...(user === undefined ? {} : { user }),
    description: "a real shell on this host",
    groups: ["local"],
  };
}

/** A section a line; JSON is YAML, too, and needs no quoting rules of our own. */
function writeConfig(dir: string, name: string, sections: Readonly<Record<string, unknown>>): string {
  const path = join(dir, `${name}.yaml`);
  const text = Object.entries(sections).map(([section, value]) => {
    if (!Array.isArray(value)) return `${section}: ${JSON.stringify(value)}\n`;
    return `${section}:\n${value.map((item) => `  - ${JSON.stringify(item)}\n`).join("")}`;
  });
  return writePrivate(path, `# Written by confed up at every start: changes are lost.\n${text.join("")}`);
}

function writePrivate(path: string, text: string): string {
  try {
    writeFileSync(path, text, { mode: 0o600 });
    // The mode above counts only for a new file.
    chmodSync(path, 0o600);
    return path;
  } catch (reason) {
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, error.rawMessage, { where: path, cause: reason });
  }
}

/** The loopback address `count` after this one; the last number alone has room for a rack. */
function addressAfter(address: string, count: number): string {
  const numbers = address.split(".").map(Number);
  return [...numbers.slice(0, 3), (numbers[3] ?? 0) + count].join(".");
}
