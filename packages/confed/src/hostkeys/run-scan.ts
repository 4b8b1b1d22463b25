import { join } from "node:path";
import { type ConsoleSpec, loadAgentConfig, type SshConsoleSpec } from "@confed/config";
import {
  type Clock,
  ConfedError,
  EXIT,
  EXIT_CODE_OF,
  formatHostPort,
  literalNames,
  matches,
  neutralise,
  parseSelection,
  Scope,
  silentLogger,
} from "@confed/kernel";
import { appendKnownHosts, loadKnownHosts, scanHostKeys, startNameResolver } from "@confed/transports";
import { loadOrSay } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import type { World } from "../world.ts";
import { type FoundKey, type JudgedKey, judgeServer } from "./judge-server.ts";

/** What commander makes of the command line of `confed hostkeys scan`. */
export interface ScanFlags {
  readonly config?: string;
  readonly accept?: true;
  readonly knownHosts?: string;
}

/** Servers at a time: enough for a room, gentle to BMCs behind one switch. */
const SCANS_AT_ONCE = 16;

/** Scan, print, and take down what is new if that was asked for. Resolves with the exit status. */
export async function runScan(world: World, selectionText: string, flags: ScanFlags): Promise<number> {
  const config = await loadOrSay(loadAgentConfig(configPathOf(flags.config, world.env)), world.stderr);
  if (config === undefined) return EXIT.usage;
  const consoles = selectSsh(config.consoles, selectionText);
  const pathOf = ({ knownHosts }: SshConsoleSpec): string =>
    flags.knownHosts ?? knownHosts ?? join(config.agent.stateDir, "known_hosts");

  const scope = new Scope();
  scope.own(
    world.onSignal("SIGINT", () => {
      void scope.close(new ConfedError("canceled", "interrupted"));
    }),
  );
  try {
    let status: number = EXIT.ok;
    for await (const { spec, result } of scanAll(consoles, world.clock, scope)) {
      const path = pathOf(spec);
      const report =
        result instanceof ConfedError
          ? { lines: [failureLine(spec, result)], status: EXIT_CODE_OF[result.code] }
          : await settleServer(spec, result, { path, accept: flags.accept === true });
      if (status === EXIT.ok) status = report.status;
      world.stdout.write(report.lines.map((line) => `${line}\n`).join(""));
    }
    return status;
  } finally {
    await scope.close();
  }
}

/** The ssh consoles meant. Throws "not_found" for a name that is none, and if none is meant. */
function selectSsh(consoles: readonly ConsoleSpec[], text: string): readonly SshConsoleSpec[] {
  const selection = parseSelection(text);
  const names = new Set(consoles.map(({ name }) => name));
  for (const name of literalNames(selection) ?? []) {
    if (!names.has(name)) {
      throw new ConfedError("not_found", `no console ${name} in this configuration`, { subject: name });
    }
  }
  const meant = consoles.filter((spec) => matches(selection, spec));
  const ssh = meant.filter((spec) => spec.transport === "ssh");
  if (ssh.length > 0) return ssh;
  const why = meant.length === 0 ? "no console fits" : "no console of these is reached by ssh";
  throw new ConfedError("not_found", `${neutralise(text, 200)}: ${why}`);
}

interface Scanned {
  readonly spec: SshConsoleSpec;
  readonly result: readonly FoundKey[] | ConfedError;
}

/** One result a console; the keys of one server come together. */
async function* scanAll(
  consoles: readonly SshConsoleSpec[],
  clock: Clock,
  scope: Scope,
): AsyncGenerator<Scanned> {
  const resolver = startNameResolver({ clock, logger: silentLogger, scope });
  const deps = { clock, resolver, logger: silentLogger };
  const specs = new Map(consoles.map((spec) => [spec.name, spec]));
  const targets = consoles.map(({ name, host, port }) => ({ console: name, host, port }));
  const keys = new Map<string, FoundKey[]>();
  const scan = scanHostKeys(targets, { deps, concurrency: SCANS_AT_ONCE, signal: scope.signal });
  let last: SshConsoleSpec | undefined;
  for await (const found of scan) {
    const spec = specs.get(found.console);
    if (spec === undefined) continue;
    if (last !== undefined && last !== spec) yield { spec: last, result: keys.get(last.name) ?? [] };
    last = undefined;
    if ("error" in found) {
      yield { spec, result: found.error };
      continue;
    }
    keys.set(spec.name, [...(keys.get(spec.name) ?? []), found]);
    last = spec;
  }
  if (last !== undefined) yield { spec: last, result: keys.get(last.name) ?? [] };
}

interface Settling {
  readonly path: string;
  readonly accept: boolean;
}

async function settleServer(
  spec: SshConsoleSpec,
  found: readonly FoundKey[],
  { path, accept }: Settling,
): Promise<{ readonly lines: readonly string[]; readonly status: number }> {
  const judged = judgeServer(await loadKnownHosts(path), spec, found);
  const fresh = judged.filter(({ is }) => is === "new");
  if (accept) {
    await appendKnownHosts(
      path,
      fresh.map(({ knownHostsLine }) => knownHostsLine),
    );
  }
  const refused = judged.some(({ is }) => is === "changed" || is === "revoked");
  const lines = judged.map((key) => keyLine(spec, key, accept));
  if (refused) {
    lines.push(
      `${spec.name}  hint: if the machine was reinstalled remove its lines from ${neutralise(path)} and scan again; else somebody may be in between`,
    );
  }
  return { lines, status: refused ? EXIT_CODE_OF.host_key_changed : EXIT.ok };
}

const WORDS: Readonly<Record<JudgedKey["is"], string>> = {
  known: "known",
  new: "new",
  changed: "CHANGED: other keys are known for it",
  revoked: "REVOKED",
};

function keyLine(spec: SshConsoleSpec, { type, fingerprint, is }: JudgedKey, accept: boolean): string {
  const word = is === "new" && accept ? "added" : WORDS[is];
  return `${spec.name}  ${formatHostPort(spec)}  ${neutralise(type)}  ${fingerprint}  ${word}`;
}

function failureLine(spec: SshConsoleSpec, { code, rawMessage }: ConfedError): string {
  return `${spec.name}  ${formatHostPort(spec)}  ${code}: ${neutralise(rawMessage)}`;
}
