import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RigProcess, TmuxPane, tellOnFailure } from "@confed/testkit";
import { expect, onTestFinished } from "vitest";

const CONFED = fileURLToPath(new URL("../../packages/confed/dist/main.js", import.meta.url));

/**
 * Type it, again and again, until the reader is shown it. conserver's client says how to get help before it has its
 * terminal raw and before its server lets it read along: what is typed between is not for it, and nothing tells
 * when that is over.
 */
export async function typeUntilShown(typist: TmuxPane, text: string, reader: TmuxPane): Promise<void> {
  const typed = async () => {
    await typist.type(text);
    return reader.output;
  };
  await expect.poll(typed, { timeout: 20_000, interval: 250 }).toContain(text.trimEnd());
}

/** Confed as sites with conserver have it: agents and a head that conserver's own client speaks to. */
export class ConserverSite {
  readonly directory = mkdtempSync(join(tmpdir(), "confed-conserver-"));
  readonly #processes: RigProcess[] = [];

  constructor() {
    onTestFinished(async () => {
      for (const process of this.#processes.toReversed()) await process.stop();
      rmSync(this.directory, { recursive: true, force: true });
    });
    tellOnFailure(() => this.#processes.map(({ said }) => said).join("\n"));
  }

  /** A file of the site; its path. */
  file(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  async agent({
    id = "sn01",
    heads = [],
    consoles = [],
    conserver = {},
    upgradable = false,
    descriptors,
    ...rest
  }: SiteAgent = {}) {
    const { logs = { path: join(this.directory, `${id}-&.log`) }, ...more } = rest;
    const settings = { listen: ["127.0.0.1:0"], trusted: ["127.0.0.1"], admins: ["root"], ...conserver };
    const config = this.file(
      `${id}.json`,
      JSON.stringify({
        agent: {
          ...{ id, heads, listen: "127.0.0.1:0", state: join(this.directory, id), conserver: settings },
          ...more,
        },
        // False: a conserver.cf says where.
        ...(logs === false ? {} : { logs }),
        consoles: consoles.map((console) => (typeof console === "string" ? echo(console) : console)),
      }),
    );
    const process = this.#process(id, ["agent", "--config", config], { upgradable, descriptors });
    const ready = await process.start();
    return {
      process,
      port: Number(ready["conserver"]),
      address: String(ready["address"]),
      log: (console: string) => readFileSync(join(this.directory, `${id}-${console}.log`)),
      up: async (...names: readonly string[]) => {
        for (const console of names) await process.logged("console up", { console });
      },
    };
  }

  async head(conserver: object = {}) {
    const settings = { listen: ["127.0.0.1:0"], trusted: ["127.0.0.1"], admins: ["root"], ...conserver };
    const config = this.file(
      "head.json",
      JSON.stringify({
        head: { id: "mn", listen: "127.0.0.1:0", state: join(this.directory, "head"), conserver: settings },
      }),
    );
    const process = this.#process("head", ["head", "--config", config]);
    const ready = await process.start();
    return { process, port: Number(ready["conserver"]), address: String(ready["address"]) };
  }

  /** A terminal with a shell in it, in which clients are driven. */
  async pane(): Promise<TmuxPane> {
    const cwd = mkdtempSync(join(this.directory, "pane-"));
    const pane = await TmuxPane.start({ columns: 100, rows: 24, cwd, env: { HOME: cwd } });
    tellOnFailure(() => `shown: ${JSON.stringify(pane.output)}`);
    // Before the directory goes.
    onTestFinished(() => pane.close());
    return pane;
  }

  #process(
    name: string,
    args: readonly string[],
    { upgradable = false, descriptors }: Pick<SiteAgent, "upgradable" | "descriptors"> = {},
  ): RigProcess {
    const more = ["--log-format", "json", ...(upgradable ? [] : ["--until-stdin-ends"])];
    const argv = [process.execPath, CONFED, ...args, ...more] as const;
    const limited = ["sh", "-c", `ulimit -n ${descriptors ?? ""}; exec "$@"`, "sh", ...argv] as const;
    const made = new RigProcess({ name, argv: [...(descriptors === undefined ? argv : limited)] });
    this.#processes.push(made);
    return made;
  }
}

interface SiteAgent {
  readonly id?: string;
  readonly heads?: readonly string[];
  /** Those without more than a name give back what is typed. */
  readonly consoles?: readonly (string | object)[];
  /** More of the section `conserver`. */
  readonly conserver?: object;
  /** The section `logs`; false: none. */
  readonly logs?: object | false;
  /** Another process can take over from it. */
  readonly upgradable?: boolean;
  /** So many files may it open. */
  readonly descriptors?: number | undefined;
  /** More of the section `agent`. */
  readonly [setting: string]: unknown;
}

function echo(name: string): object {
  return { name, transport: "exec", argv: ["sh", "-c", "stty raw -echo; exec cat"] };
}

/** Debian's client, unmodified: the status that it ended with, and what it said. */
export function askConsole(
  port: number,
  ...args: readonly string[]
): Promise<readonly [status: number, said: string]> {
  const all = ["-n", "-M", "127.0.0.1", "-p", String(port), ...args];
  return new Promise((resolve) => {
    execFile("console", all, { timeout: 30_000, maxBuffer: 2 ** 24 }, (failure, stdout, stderr) => {
      const status = typeof failure?.code === "number" ? failure.code : 0;
      resolve([status, (stdout + stderr).replaceAll("\r", "")]);
    });
  });
}
