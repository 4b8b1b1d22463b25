import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RigProcess, runConfed, tellOnFailure } from "@confed/testkit";
import { expect, onTestFinished } from "vitest";

const CONFED = fileURLToPath(new URL("../../packages/confed/dist/main.js", import.meta.url));

interface AgentOptions {
  /** Its name; "sn01" unless given. */
  readonly id?: string;
  /** Of its files; its name unless given. */
  readonly place?: string;
  /** Where it joins, if not only at the head that enrols it. */
  readonly heads?: readonly string[];
  readonly consoles?: readonly string[];
  /** Where all of them are; 1, where nobody answers. */
  readonly consolePort?: number;
  readonly listen?: string;
  readonly tls?: string;
  readonly trustedSources?: readonly string[];
  readonly shards?: number;
  /** Where conserver's own clients are served. */
  readonly conserver?: object;
}

/** Real heads and agents with configurations of their own, and the commands of an administrator. */
export class Cluster {
  readonly directory = mkdtempSync(join(tmpdir(), "confed-enrol-"));
  readonly #processes: RigProcess[] = [];

  constructor() {
    onTestFinished(async () => {
      for (const process of this.#processes) await process.stop();
      rmSync(this.directory, { recursive: true, force: true });
    });
    tellOnFailure(() => this.#processes.map(({ said }) => said).join("\n"));
  }

  file(name: string, config: object): string {
    const path = join(this.directory, `${name}.json`);
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  async head(name = "head", more: object = { tls: "on" }) {
    const state = join(this.directory, name);
    const config = this.file(name, { head: { listen: "127.0.0.1:0", state, ...more } });
    const process = this.#process(name, ["head", "--config", config]);
    const { address } = await process.start();
    return { config, process, state, address: String(address) };
  }

  /** A head that is enrolled at this one, and follows it. */
  async follower(
    first: { readonly config: string; readonly address: string },
    name = "head2",
    more: object = {},
  ) {
    const settings = { id: name, heads: [first.address], ...more };
    const state = join(this.directory, name);
    const config = this.file(name, { head: { listen: "127.0.0.1:0", state, ...settings } });
    const token = await this.token(first, "--head", name);
    const enroll = ["head", "enroll", "--head", first.address, "--token", token, "-c", config];
    expect(await runConfed(enroll)).toMatchObject({ status: 0 });
    const head = await this.head(name, settings);
    await head.process.logged("following the head that writes");
    return head;
  }

  agentConfig(heads: readonly string[], options: AgentOptions = {}) {
    const { id = "sn01", place = id, consoles = ["n1"], consolePort: port = 1, ...more } = options;
    const state = join(this.directory, place);
    const config = this.file(place, {
      agent: { id, listen: "127.0.0.1:0", heads, state, ...more },
      logs: { path: join(this.directory, `${place}-&.log`) },
      consoles: consoles.map((name) => ({ name, transport: "tcp", host: "127.0.0.1", port })),
    });
    return { config, state, identity: join(state, "identity") };
  }

  /** `replaceable`: by another that takes over from it. */
  agent(name: string, config: string, replaceable = false): RigProcess {
    return this.#process(name, ["agent", "--config", config], !replaceable);
  }

  /** An agent that is enrolled at this head. */
  async enrolled(
    head: { readonly config: string; readonly address: string },
    options: AgentOptions & { readonly allowed?: string } = {},
  ) {
    const { allowed, ...of } = options;
    const made = this.agentConfig([head.address], { tls: "on", ...of });
    const selection = allowed === undefined ? [] : ["--consoles", allowed];
    const token = await this.token(head, "--agent", of.id ?? "sn01", ...selection);
    const how = ["agent", "enroll", "--head", head.address, "--token", token, "-c", made.config];
    expect(await runConfed(how)).toMatchObject({ status: 0 });
    return made;
  }

  async token(head: { readonly config: string }, ...args: readonly string[]): Promise<string> {
    const run = await runConfed(["token", "create", ...args, "-c", head.config]);
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^confed1\.\S+\n$/) });
    return run.stdout.trim();
  }

  #process(name: string, args: readonly string[], untilStdinEnds = true): RigProcess {
    const more = ["--log-format", "json", ...(untilStdinEnds ? ["--until-stdin-ends"] : [])];
    const made = new RigProcess({ name, argv: [process.execPath, CONFED, ...args, ...more] });
    this.#processes.push(made);
    return made;
  }
}
