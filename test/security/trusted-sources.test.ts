import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { parseHostPort } from "@confed/kernel";
import { audited, auditRecords } from "@confed/testkit";
import { expect, test } from "vitest";
import { Cluster } from "./cluster.ts";

/** As a scanner does it: more often than is forgiven. */
const CONNECTIONS = 40;

/** Connect and hang up without a word. */
async function comeAndGo(address: string): Promise<void> {
  const socket = connect(parseHostPort(address));
  socket.on("error", () => undefined); // Shut out: told by `handshake`.
  await once(socket, "connect").catch(() => undefined);
  socket.destroy();
}

/** Whether somebody shakes hands there. */
async function handshake(address: string): Promise<boolean> {
  const socket = connectTls({ ...parseHostPort(address), ALPNProtocols: ["h2"], rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test.each(["head", "agent"] as const)(
  "a source that comes in vain again and again is shut out of the %s, unless it is trusted",
  async (role) => {
    const cluster = new Cluster();
    const place = async (name: string, more: object) => {
      const head = await cluster.head(name, { tls: "on", ...(role === "head" ? more : {}) });
      if (role === "head") return { address: head.address, audit: join(head.state, "audit") };
      const { config, state } = await cluster.enrolled(head, { place: `${name}-sn01`, ...more });
      const { address } = await cluster.agent(`${name}-sn01`, config).start();
      return { address: String(address), audit: join(state, "audit") };
    };
    const open = await place("open", { trustedSources: ["10.0.0.0/8", "127.0.0.1"] });
    const usual = await place("usual", { trustedSources: ["10.0.0.0/8"] });
    for (let at = 0; at < CONNECTIONS; at += 1) {
      await comeAndGo(usual.address);
      await comeAndGo(open.address);
    }
    await audited(usual.audit, { event: "penalty" });
    expect(await handshake(usual.address)).toBe(false);
    expect(await handshake(open.address)).toBe(true);
    expect(auditRecords(open.audit).filter(({ event }) => event === "penalty")).toEqual([]);
  },
  60_000,
);
