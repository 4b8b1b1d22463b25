import { BlockList, isIP } from "node:net";
import type { ListedConsole, ListedUser, ListedWay } from "@confed/codecs";
import type {
  Addressees,
  Attachment,
  AttachSink,
  ConsoleHost,
  ConsoleRules,
  GatewayClient,
  GatewayRules,
  GatewayViewer,
  ResolvedConsole,
} from "@confed/conserver";
import { type Clock, ConfedError, foldName, isConsoleName } from "@confed/kernel";
import type { Call, ConsoleStatus, ControlRequestReceived } from "@confed/wire";
import { type BehindGateway, listAll } from "./behind-gateway.ts";
import { ServedAttachment, stateOf } from "./served-attachment.ts";

export interface ServedConsolesDeps {
  readonly behind: BehindGateway;
  /** As they are now. */
  readonly rules: () => GatewayRules;
  /** Clients of these networks are sent to the gateway of the agent that has the console. */
  readonly redirect: readonly string[];
  readonly clock: Clock;
  /** Of this gateway; 0 until it listens. */
  readonly port: () => number;
}

/**
 * The consoles of an agent or of a whole federation, for a gateway. What a user may do is what roles leave of the lists of the
 * conserver.cf that defines the console; consoles that it does not define are as roles say.
 */
export class ServedConsoles implements ConsoleHost {
  readonly #deps: ServedConsolesDeps;
  readonly #redirected: BlockList;
  readonly #attached = new Map<string, Attached>();

  constructor(deps: ServedConsolesDeps) {
    this.#deps = deps;
    this.#redirected = new BlockList();
    for (const network of deps.redirect) {
      const [address = "", bits] = network.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#redirected.addAddress(address, family);
      else this.#redirected.addSubnet(address, Number(bits), family);
    }
  }

  masters(): readonly string[] {
    return [];
  }

  /** One question in memory for a name as it is written; only for others all are looked at. */
  async resolve(name: string, who: GatewayClient): Promise<ResolvedConsole> {
    const rules = this.#deps.rules();
    const called = rules.consoleOf(name)?.name ?? name;
    let notYet: ConfedError | undefined;
    const status = await this.#deps.behind.find(called, callOf(who)).catch((reason: unknown) => {
      // A head that has just started knows some, and not whether it knows all.
      notYet = ConfedError.from(reason);
      if (notYet.code === "unavailable") return undefined;
      throw notYet;
    });
    if (status !== undefined) return this.#resolved(status, who);
    if (rules.consoleOf(name)?.console.way.type === "noop") return this.#nowhere(rules.consoleOf(name), who);
    const guessed = await this.#guess(name, who);
    if (guessed.type === "unknown" && notYet !== undefined) throw notYet;
    return guessed;
  }

  async attach(console: string, viewer: GatewayViewer, sink: AttachSink): Promise<Attachment> {
    const { behind, clock } = this.#deps;
    const attachment = new ServedAttachment(console, viewer, sink, {
      ...{ behind, clock, call: callOf(viewer) },
      onOver: () => {
        this.#attached.delete(attachment.sessionId);
      },
    });
    await attachment.begin();
    this.#attached.set(attachment.sessionId, { attachment, viewer });
    return attachment;
  }

  async list(who: GatewayClient): Promise<readonly ListedConsole[]> {
    const rules = this.#deps.rules();
    const statuses = await this.#all(who);
    // The last of a file first, as conserver has it.
    return statuses.map((status) => this.#listed(status, rules.consoleOf(status.name ?? ""))).reverse();
  }

  async tell(whom: Addressees, text: string, who: GatewayClient): Promise<void> {
    await this.#control(whom, who, ({ user = "" }) => ({ action: "tell", tell: { text, user } }));
  }

  disconnect(whom: Addressees, who: GatewayClient): Promise<number> {
    return this.#control(whom, who, ({ user = "" }) => ({ action: "disconnect", disconnect: { user } }));
  }

  /** Of consoles that are not there, nobody. Rejects with what is not allowed where that leaves nobody. */
  async #control(whom: Addressees, who: GatewayClient, actionOf: ActionOf): Promise<number> {
    const { behind, rules } = this.#deps;
    const name = whom.console === undefined ? "*" : (rules().consoleOf(whom.console)?.name ?? whom.console);
    if (name !== "*" && !isConsoleName(name)) return 0;
    const request = { selection: name, subject: who.acid, ticket: null, ...actionOf(whom) };
    const over = new AbortController().signal;
    const { sessions = 0, errors = [] } = await behind.services.control(request, over, callOf(who));
    const denied = errors.find(({ code }) => code === "permission_denied");
    if (sessions === 0 && denied !== undefined)
      throw new ConfedError("permission_denied", denied.message ?? "not allowed");
    return sessions;
  }

  /** Whoever has no roles has no consoles. */
  async #all(who: GatewayClient): Promise<readonly ConsoleStatus[]> {
    try {
      return await listAll(this.#deps.behind.services, EVERYTHING, callOf(who));
    } catch (reason) {
      const error = ConfedError.from(reason);
      if (error.code === "permission_denied") return [];
      throw error;
    }
  }

  #resolved(status: ConsoleStatus, who: GatewayClient): ResolvedConsole {
    const { rules, behind } = this.#deps;
    const name = status.name ?? "";
    const said = rules().consoleOf(name);
    const access = said?.accessOf(who.user) ?? "write";
    const where =
      access !== "none" && this.#isRedirected(who.address)
        ? behind.gatewayOf?.(status.owner ?? "")
        : undefined;
    if (where !== undefined) return { type: "elsewhere", where };
    return {
      type: "here",
      ...{ name, access },
      login: said?.login ?? true,
      motd: said?.motd,
      breakKey: said?.breakKey ?? "1",
      breaks: said?.breaks ?? "all",
      tasks: said?.tasks ?? NO_TASKS,
    };
  }

  #nowhere(said: ConsoleRules | undefined, who: GatewayClient): ResolvedConsole {
    if (said === undefined) return { type: "unknown" };
    const { name, motd, breakKey, breaks, tasks } = said;
    return {
      type: "here",
      name,
      access: said.accessOf(who.user),
      login: false,
      motd,
      breakKey,
      breaks,
      tasks,
    };
  }

  /** In any case, then as a beginning, of names and of the file's aliases. */
  async #guess(name: string, who: GatewayClient): Promise<ResolvedConsole> {
    const rules = this.#deps.rules();
    const statuses = await this.#all(who);
    const folded = foldName(name);
    const same = statuses.filter((status) => foldName(status.name ?? "") === folded);
    const aliased = new Set(rules.autocomplete ? rules.beginning(name) : []);
    const begun = statuses.filter(
      (status) =>
        aliased.has(status.name ?? "") ||
        (rules.autocomplete && foldName(status.name ?? "").startsWith(folded)),
    );
    const found = same.length > 0 ? same : begun;
    const [only] = found;
    if (only === undefined) return { type: "unknown" };
    if (found.length === 1) return this.#resolved(only, who);
    return { type: "ambiguous", choices: found.map((status) => status.name ?? "").sort() };
  }

  #isRedirected(address: string): boolean {
    return isIP(address) !== 0 && this.#redirected.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }

  #listed(status: ConsoleStatus, said: ConsoleRules | undefined): ListedConsole {
    const fields = said?.console.fields;
    const logPath = status.logPath ?? "";
    const mark = fields?.timestamp?.mark;
    return {
      name: status.name ?? "",
      aliases: said?.aliases ?? [],
      host: status.owner ?? "",
      pid: process.pid,
      port: this.#deps.port(),
      way: wayOf(status),
      state: stateOf(status.state),
      readOnly: false,
      log: {
        path: logPath,
        on: logPath !== "",
        activity: fields?.timestamp?.activity ?? false,
        breaks: fields?.timestamp?.breaks ?? false,
        tasks: false,
        mark: mark === undefined ? 0 : "lines" in mark ? -mark.lines : mark.seconds,
      },
      breakKey: said?.breakKey ?? "1",
      options: [
        ...(status.onDemand === true ? ["ondemand"] : ["autoreinit"]),
        ...(said?.login === false ? [] : ["login"]),
      ],
      initcmd: said?.console.initcmd ?? "",
      idletimeoutS: fields?.idletimeoutS ?? 0,
      idlestring: fields?.idlestring ?? "\\n",
      // Who came last is first, as conserver has it.
      users: (status.viewers ?? []).toReversed().map((viewer): ListedUser => {
        const ours = this.#attached.get(viewer.sessionId ?? "");
        const idleMs = ours === undefined ? 0 : this.#deps.clock.wallTimeMs() - ours.attachment.typedAtMs;
        return {
          acid: ours?.viewer.acid ?? viewer.subject ?? "",
          console: status.name ?? "",
          mode: viewer.mode === "WRITE" ? "write" : "view",
          mayWrite: ours?.attachment.mayWrite ?? true,
          idleS: Math.max(0, Math.floor(idleMs / 1_000)),
          attachedMs: Number(viewer.sinceMs ?? 0),
        };
      }),
    };
  }
}

type ActionOf = (whom: Addressees) => Pick<ControlRequestReceived, "action" | "tell" | "disconnect">;

interface Attached {
  readonly attachment: ServedAttachment;
  readonly viewer: GatewayViewer;
}

const NO_TASKS = new Map<string, never>();

const EVERYTHING = { selection: "", states: [], ticket: null };

/** Who asks, as a service is told: a user of that name, whom the gateway has let in. */
export function callOf({ user }: Pick<GatewayClient, "user">): Call {
  return {
    peer: { class: "user", id: user, fingerprint: "", issuer: "" },
    vouch: () => undefined,
    // A gateway has a doorman of its own.
    blame: () => undefined,
  };
}

/** As conserver's listings show a way; those that it does not know look like the nearest that it does. */
function wayOf({ transport = "", target = "" }: ConsoleStatus): ListedWay {
  switch (transport) {
    case "telnet":
    case "tcp": {
      const colon = target.lastIndexOf(":");
      const port = Number(target.slice(colon + 1)) || 0;
      return {
        type: "host",
        host: target.slice(0, colon),
        port,
        protocol: transport === "tcp" ? "raw" : "telnet",
      };
    }
    case "serial": {
      const [device = "", baud = ""] = target.split(/[ ,@]/);
      return { type: "device", device, baud: Number.parseInt(baud, 10) || 9_600, parity: "n" };
    }
    case "unix":
      return { type: "uds", path: target };
    case "ipmi":
      return { type: "ipmi", host: target.replace(/^.*@/, "") };
    default:
      return { type: "exec", command: target };
  }
}
