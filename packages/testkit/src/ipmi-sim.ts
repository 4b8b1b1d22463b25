import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePresencePing } from "@confed/codecs";
import { systemClock } from "@confed/kernel";
import { endPeer, startQuietPeer } from "./peer-program.ts";
import { type SocketConsole, startSocketConsole } from "./socket-console.ts";

/** One BMC of an ipmi_sim, and the host behind its serial port. */
export interface SimulatedBmc {
  readonly port: number;
  /** Undefined where the serial port is a device. */
  readonly host: SocketConsole | undefined;
}

/** OpenIPMI's simulator of BMCs, with as many as asked for in one process. */
export interface IpmiSim {
  readonly bmcs: readonly SimulatedBmc[];
  close(): Promise<void>;
}

export interface IpmiSimOptions {
  /** 1 unless given; at most 112. */
  readonly count?: number;
  /** The BMC's own key. */
  readonly bmcKey?: string;
  /** A tty instead of a socket of ours behind the serial port. */
  readonly device?: string;
}

/** Whom it lets in. */
export const IPMI_SIM_USER = { user: "admin", password: "admin" } as const;

/**
 * Start one. Resolves when all its BMCs answer. It remembers numbers of SOL beyond a session, so each
 * test has its own; its host must be there first, or it asks again only after 10 s.
 */
export async function startIpmiSim({ count = 1, bmcKey, device }: IpmiSimOptions = {}): Promise<IpmiSim> {
  const directory = mkdtempSync(join(tmpdir(), "confed-ipmi-sim-"));
  const bmcs: SimulatedBmc[] = [];
  const ports = await reserveUdpPorts(count);
  for (const port of ports.numbers) {
    const host = device === undefined ? await startSocketConsole({ port: 0, host: "127.0.0.1" }) : undefined;
    bmcs.push({ port, host });
  }
  const paths = {
    lan: join(directory, "lan.conf"),
    emu: join(directory, "sim.emu"),
    state: join(directory, "state"),
  };
  mkdirSync(join(paths.state, "ipmi_sim", "sim"), { recursive: true });
  const lines = bmcs.map(({ port, host }, index) => {
    const sol =
      host === undefined ? `${device}` : `tcp:127.0.0.1:${(host.server.address() as AddressInfo).port}`;
    return bmcLines(index, { port, sol, bmcKey });
  });
  writeFileSync(paths.lan, `name "sim"\n${lines.map(({ lan }) => lan).join("")}`);
  writeFileSync(paths.emu, `mc_setbmc 0x20\n${lines.map(({ emu }) => emu).join("")}`);
  const connected = bmcs.flatMap(({ host }) => (host === undefined ? [] : [once(host.server, "connection")]));
  await ports.release();
  const child: ChildProcess = startQuietPeer([
    "ipmi_sim",
    "-c",
    paths.lan,
    "-f",
    paths.emu,
    "-s",
    paths.state,
    "-n",
  ]);
  await Promise.all([...connected, ...bmcs.map(({ port }) => untilItAnswers(port))]);
  return {
    bmcs,
    async close() {
      await endPeer(child);
      for (const { host } of bmcs) await host?.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function bmcLines(
  index: number,
  { port, sol, bmcKey }: { readonly port: number; readonly sol: string; readonly bmcKey: string | undefined },
): { readonly lan: string; readonly emu: string } {
  const address = `0x${(0x20 + 2 * index).toString(16)}`;
  const guid = `a123456789abcdefa1234567${index.toString(16).padStart(8, "0")}`;
  const key = bmcKey === undefined ? "" : `    bmc_key "${bmcKey}"\n`;
  const lan = `set_working_mc ${address}
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid ${guid}
${key}  endlan
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "${IPMI_SIM_USER.user}" "${IPMI_SIM_USER.password}" admin 10 none md2 md5 straight
  sol "${sol}" 115200 nortscts
`;
  const emu = `mc_add ${address} ${index % 256} no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable ${address}\n`;
  return { lan, emu };
}

/**
 * Free ports that nobody else gets. Not of those that the kernel gives out by itself: between their
 * release and the simulator's start, a socket that asks it would get one.
 */
async function reserveUdpPorts(
  count: number,
): Promise<{ readonly numbers: readonly number[]; release(): Promise<void> }> {
  const taken = new Map<number, Socket>();
  while (taken.size < count) {
    const port = randomInt(UDP_PORTS.from, UDP_PORTS.to);
    if (taken.has(port)) continue;
    const socket = createSocket("udp4");
    socket.bind(port, "127.0.0.1");
    try {
      await once(socket, "listening");
      taken.set(port, socket);
    } catch {
      // Somebody else's.
      socket.close();
    }
  }
  return {
    numbers: [...taken.keys()],
    async release() {
      await Promise.all(
        [...taken.values()].map((socket) => {
          const closed = once(socket, "close");
          socket.close();
          return closed;
        }),
      );
    },
  };
}

/** Below 32768, where Linux's ip_local_port_range begins. */
const UDP_PORTS = { from: 20_000, to: 32_000 } as const;

/** It does not say when it is ready: it is asked until it answers. */
async function untilItAnswers(port: number): Promise<void> {
  const socket = createSocket("udp4");
  const answered = once(socket, "message");
  let cancel = () => {};
  const ask = () => {
    socket.send(encodePresencePing(1), port, "127.0.0.1");
    cancel = systemClock.after(50, ask);
  };
  ask();
  await answered;
  cancel();
  socket.close();
}
