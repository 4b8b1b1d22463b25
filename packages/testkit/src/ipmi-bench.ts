import { type Clock, Secret, silentLogger, systemClock } from "@confed/kernel";
import { type IpmiOptions, ipmi, type Link, type LinkSink, type Transport } from "@confed/transports";
import { expect, onTestFinished } from "vitest";
import { type BmcConsole, startBmcConsole } from "./bmc-console.ts";
import { LinkRecorder } from "./link-recorder.ts";

/** Each fault is applied, healed, and applied again: what heals once must heal twice. */
export const TWICE = ["once", "and again"] as const;

/** Of the wheel's clock: the next sign of life is due by then. */
export const LIFE_SIGN_DUE_MS = 26_000;

/** Time passes forty times as fast: packets take as long as ever, and what waits for lost ones does not. */
const HASTE = 40;
export const hastyClock: Clock = {
  nowMs: () => systemClock.nowMs() * HASTE,
  wallTimeMs: () => systemClock.wallTimeMs(),
  after: (delayMs, run) => systemClock.after(delayMs / HASTE, run),
};

/** Closed when the test ends. */
export async function startTestBmc(
  options: Parameters<typeof startBmcConsole>[0] = {},
  clock: Clock = systemClock,
): Promise<BmcConsole> {
  const console = await startBmcConsole(options, clock);
  onTestFinished(() => console.close());
  return console;
}

/** As configured for the BMC, with other options. */
export function ipmiTo(
  { bmc }: BmcConsole,
  options: Partial<IpmiOptions> = {},
  clock: Clock = systemClock,
): Transport {
  const { user, password, bmcKey } = bmc.user;
  return ipmi({
    host: "127.0.0.1",
    port: bmc.port,
    user,
    password: () => Promise.resolve(new Secret(password)),
    bmcKey: bmcKey === undefined ? undefined : () => Promise.resolve(new Secret(bmcKey)),
    ...options,
  })({
    clock,
    logger: silentLogger,
    resolver: { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) },
  });
}

/** A link and what came by it. */
export interface OpenedIpmi {
  readonly link: Link;
  readonly recorder: LinkRecorder;
  readonly lost: string[];
  readonly notices: string[];
}

/** Closed when the test ends. */
export async function openIpmi(
  transport: Transport,
  options: { readonly signal?: AbortSignal; readonly force?: boolean } = {},
): Promise<OpenedIpmi> {
  const recorder = new LinkRecorder();
  const lost: string[] = [];
  const notices: string[] = [];
  const sink: LinkSink = {
    onData: (bytes) => {
      recorder.onData(bytes);
    },
    onClosed: (reason) => {
      recorder.onClosed(reason);
    },
    onLost: (why) => void lost.push(why),
    onNotice: (text) => void notices.push(text),
  };
  const link = await transport.open({ signal: new AbortController().signal, ...options, sink });
  onTestFinished(() => link.close());
  return { link, recorder, lost, notices };
}

/** A few bytes each way, and nothing under way afterwards. */
export async function bothWays(console: BmcConsole, link: Link, recorder: LinkRecorder): Promise<void> {
  const [outStart, inStart] = [recorder.sizeBytes, console.received.length];
  await console.print(Buffer.from("login: "));
  link.write(Buffer.from("root\r"));
  await Promise.all([recorder.received(outStart + 7), console.received.reached(inStart + 5), link.drained()]);
  expect(recorder.bytes().subarray(outStart).toString()).toBe("login: ");
  expect(console.received.bytes(inStart).toString()).toBe("root\r");
}

/** Turns of the loop untilTrue it holds; the test's own time limit ends it. */
export async function untilTrue(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
