import { closeSync } from "node:fs";
import type { GatewayListener } from "@confed/agent";
import { type ConserverSettings, systemFiles } from "@confed/config";
import {
  checkPassword,
  type Doorman,
  Gateway,
  type GatewayControl,
  type GatewayEvent,
  type GatewayTls,
  needsPassword,
} from "@confed/conserver";
import { type Clock, ConfedError, formatHostPort, type Logger } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import { Penalties, type TlsProvider } from "@confed/wire";
import { descriptorsMax, readLimits } from "../process/descriptor-limit.ts";
import { type BehindGateway, listAll } from "./behind-gateway.ts";
import { clientNames } from "./client-names.ts";
import { gatewayTls } from "./gateway-tls.ts";
import { hostUsers } from "./host-users.ts";
import { LiveRules } from "./live-rules.ts";
import { callOf, ServedConsoles } from "./served-consoles.ts";

/** What a gateway is opened with. */
export interface OpenGatewayDeps {
  readonly behind: BehindGateway;
  /** Of this machine, where it has one. */
  readonly identity: TlsProvider | undefined;
  readonly audit: Pick<Audit, "event">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Read the configuration again. */
  readonly reload: (by: string) => Promise<void>;
  readonly reopenLogs: () => void;
  /** End this process in order. */
  readonly quit: () => void;
  /** Another process has the port still and lets go of it soon. */
  readonly waitForPort?: boolean | undefined;
  /** What a process before this one listened with, which is ours, whatever comes of it. */
  readonly inherited?: readonly GatewayListener[] | undefined;
}

/** A gateway that listens. */
export interface OpenedGateway {
  /** The first that was bound. */
  readonly port: number;
  /** For a process that is to go on with them. */
  listeners(): readonly GatewayListener[];
  close(): Promise<void>;
}

/**
 * Serve conserver's clients. Rejects with "conflict" where a port is taken, and with what is wrong with a file or a certificate;
 * then nothing is left open.
 */
export async function openGateway(
  settings: ConserverSettings,
  deps: OpenGatewayDeps,
): Promise<OpenedGateway> {
  const inherited = [...(deps.inherited ?? [])];
  try {
    return await opened(settings, deps, inherited);
  } finally {
    // Nobody listens there any more: who comes is refused, and does not wait.
    for (const { descriptor } of inherited) closeSync(descriptor);
  }
}

/** Takes out of `inherited` what it listens with. */
async function opened(
  settings: ConserverSettings,
  deps: OpenGatewayDeps,
  inherited: GatewayListener[],
): Promise<OpenedGateway> {
  const { behind, identity, audit, clock, logger } = deps;
  let port = 0;
  const rules = new LiveRules(settings, {
    ...{ clock, logger },
    onChange: () => {
      tls = tlsNow() ?? tls;
      void gateway.recheck();
    },
  });
  await rules.start();
  const tlsNow = (): GatewayTls | undefined => {
    try {
      return gatewayTls({ settings, file: rules.file, identity });
    } catch (reason) {
      logger.error("conserver's clients are given no new certificate", {
        cause: ConfedError.from(reason).message,
      });
      return undefined;
    }
  };
  // A file of another program may name what is not there: consoles are worth more than its clients.
  const firstTls = (): GatewayTls => {
    if (settings.certificate !== undefined || rules.file?.settings.sslcredentials === undefined)
      return gatewayTls({ settings, file: rules.file, identity });
    return tlsNow() ?? { context: undefined, requestCert: false, plainFrom: settings.plain };
  };
  let tls: GatewayTls;
  const stopWatching = identity?.watch(() => {
    tls = tlsNow() ?? tls;
  });
  const host = new ServedConsoles({
    ...{ behind, clock, redirect: settings.redirect },
    rules: () => rules.current,
    port: () => port,
  });
  const namesOf = clientNames(clock);
  const checkHostUser = hostUsers(settings, clock);
  const passwordFile = () => settings.passwords ?? rules.file?.settings.passwdfile;
  const gateway = new Gateway({
    ...{ host, clock, logger },
    access: {
      trustOf: (client) => rules.current.trustOf(client),
      isAdmin: (user) => rules.current.isAdmin(user),
      isLimited: (user) => rules.current.isLimited(user),
      needsPassword: (user) => {
        const path = passwordFile();
        return path === undefined ? Promise.resolve(true) : needsPassword(user, { files: systemFiles, path });
      },
      checkPassword: async (user, password) => {
        const path = passwordFile();
        return (
          path !== undefined && checkPassword(user, password, { files: systemFiles, path, checkHostUser })
        );
      },
    },
    breaks: () => rules.current.breaks,
    tls: () => tls,
    // Only where somebody asks for names: a name server is nothing to wait for otherwise.
    connectionsMax: Math.floor(descriptorsMax(readLimits()) * CLIENTS_SHARE),
    namesOf: (address) =>
      rules.current.hasHostNames || (rules.file !== undefined && rules.file.settings.loghostnames !== false)
        ? namesOf(address)
        : Promise.resolve([]),
    doorman: doormanOf(settings, { clock, audit }),
    onEvent: (event) => {
      tellAudit(audit, event);
    },
    control: (what, who) => control(what, who.user, deps),
  });
  const close = async () => {
    stopWatching?.();
    await gateway.close();
    await rules.stop();
  };
  try {
    tls = firstTls();
    for (const address of settings.listen) {
      const at = inherited.findIndex((each) => each.address === formatHostPort(address));
      const [ours] = at < 0 ? [] : inherited.splice(at, 1);
      const bound = await listening(gateway, address, { ...deps, inherited: ours?.descriptor });
      if (port === 0) ({ port } = bound);
      logger.info("conserver's clients are served", { address: formatHostPort(bound) });
    }
  } catch (reason) {
    await close();
    throw reason;
  }
  if (tls.context === undefined && tls.plainFrom === "anywhere")
    logger.error("CONSERVER'S CLIENTS ARE SERVED WITHOUT TLS: everybody on the way can read and type", {
      hint: "give it a certificate, and take plain: anywhere out",
    });
  const listeners = () =>
    gateway.descriptors.flatMap((descriptor, at) => {
      const address = settings.listen[at];
      return descriptor === undefined || address === undefined
        ? []
        : [{ address: formatHostPort(address), descriptor }];
    });
  return { port, listeners, close };
}

async function listening(
  gateway: Gateway,
  address: ConserverSettings["listen"][number],
  {
    clock,
    waitForPort = false,
    inherited,
  }: Pick<OpenGatewayDeps, "clock" | "waitForPort"> & { readonly inherited: number | undefined },
) {
  const untilMs = clock.nowMs() + (waitForPort ? PORT_MS_MAX : 0);
  for (;;) {
    try {
      return await gateway.listen(address, inherited);
    } catch (reason) {
      if (ConfedError.from(reason).code !== "conflict" || clock.nowMs() >= untilMs) throw reason;
      await new Promise<void>((resolve) => clock.after(PORT_RETRY_MS, resolve));
    }
  }
}

/** Of the descriptors: the others are for links, logs and the peers of this process. */
const CLIENTS_SHARE = 0.5;

/** A process that was replaced ends within this time. */
const PORT_MS_MAX = 15_000;
const PORT_RETRY_MS = 100;

/** Those of `trusted` are this site's own: nobody of them is shut out. */
function doormanOf(
  { trusted }: ConserverSettings,
  { clock, audit }: Pick<OpenGatewayDeps, "clock" | "audit">,
): Doorman {
  const penalties = new Penalties(clock);
  const isTrusted = (address: string) => trusted.includes(address);
  return {
    shutsOut: (address) => !isTrusted(address) && penalties.shutsOut(address),
    blame: (address, fault) => {
      if (!isTrusted(address) && penalties.blame(address, fault))
        audit.event({ event: "penalty", peer: address, text: fault });
    },
  };
}

function tellAudit(audit: Pick<Audit, "event">, { what, user, address, console, text }: GatewayEvent): void {
  const subject = user === undefined ? {} : { subject: user };
  const common = { ...subject, peer: address, ...(text === undefined ? {} : { text }) };
  switch (what) {
    case "login":
      audit.event({ event: "login.ok", ...common, text: "conserver's protocol" });
      return;
    case "login_failed":
      // Nobody is known by a name that he only says.
      audit.event({
        event: "login.failed",
        peer: address,
        text: text ?? "",
        details: { claims: user ?? "" },
      });
      return;
    case "refused":
      audit.event({ event: "access.refused", ...common });
      return;
    case "task":
      audit.event({ event: "console.task", ...common, ...(console === undefined ? {} : { console }) });
      return;
    case "control":
      audit.event({ event: "config.reload", ...common });
  }
}

async function control(what: GatewayControl, user: string, deps: OpenGatewayDeps): Promise<void> {
  const { behind, logger } = deps;
  logger.info("asked by a client of conserver's protocol", { what, by: user });
  if (what === "quit") deps.quit();
  else if (what === "reopen_logs") deps.reopenLogs();
  else if (what === "reconfigure") await deps.reload(`${user}, by conserver's protocol`);
  else {
    const call = callOf({ user });
    const down = await listAll(
      behind.services,
      { selection: "", states: ["WAITING", "IDLE"], ticket: null },
      call,
    );
    const names = down.flatMap(({ name, onDemand }) =>
      onDemand === true || name === undefined ? [] : [name],
    );
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const selection = names.slice(at, at + NAMES_AT_ONCE).join(",");
      const request = {
        selection,
        action: "reconnect",
        reconnect: { force: false },
        subject: user,
        ticket: null,
      } as const;
      await behind.services.control(request, new AbortController().signal, call);
    }
  }
}

/** A selection is one text. */
const NAMES_AT_ONCE = 100;
