import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { parseProcNetTcp, procNetKey } from "./proc-net-tcp.ts";

// As Linux 6.1 on a little-endian machine prints them: a listener, an idle connection, one with
// 7 bytes unacknowledged after 5 retransmissions, one under a closed window after 2 probes.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41186 1 0000000091c5a1d3 100 0 0 10 0
   1: 0A00010A:D431 0101010A:07D1 01 00000000:00000000 02:00000A5C 00000000  1000        0 41190 2 00000000b3a1c0de 20 4 30 10 -1
 123: 0A00010A:D432 0201010A:07D1 01 00000007:00000000 01:00000123 00000005  1000        0 41191 3 00000000b3a1c0df 3200 4 30 1 7
4567: 0A00010A:D433 0301010A:07D1 01 0001F400:00000000 04:00000123 00000000  1000        2 41192 3 00000000b3a1c0e0 640 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 000000FD00000000000000000A000000:D431 000000FD000000000000000002000000:0017 01 00000001:00000000 01:00000123 00000003  1000        0 41193 3 00000000b3a1c0e1 3200 4 30 1 7
`;

const keyOf = (remoteAddress: string, localPort: number) =>
  procNetKey({ localAddress: "10.1.0.10", localPort, remoteAddress, remotePort: 2001 });

test("rows are found by address and port of both ends, others are skipped", () => {
  const silent = keyOf("10.1.1.2", 54_322);
  const closedWindow = keyOf("10.1.1.3", 54_323);
  const found = parseProcNetTcp(TCP, new Set([silent, closedWindow, keyOf("10.9.9.9", 1)]));
  expect(Object.fromEntries(found)).toEqual({
    [silent]: { unackedBytes: 7, unanswered: 5 },
    [closedWindow]: { unackedBytes: 128_000, unanswered: 2 },
  });
});

test("an IPv6 connection is found, its zone left out", () => {
  const key = procNetKey({
    localAddress: "fd00::a%eth0",
    localPort: 54_321,
    remoteAddress: "fd00:0:0::2",
    remotePort: 23,
  });
  expect(parseProcNetTcp(TCP6, new Set([key])).get(key)).toEqual({ unackedBytes: 1, unanswered: 3 });
});

test("text that is no table gives no rows", () => {
  const key = keyOf("10.1.1.2", 54_322);
  for (const text of [
    "",
    "\n\n",
    "garbage",
    TCP.slice(0, TCP.indexOf(" 01:00000123")),
    `  1: ${key} `,
    `  1: ${key} 01 zz:zz 01:0 zz`,
  ]) {
    expect(parseProcNetTcp(text, new Set([key])).size).toBe(0);
  }
});

test.each(["127.0.0.1", "::1"])(
  "a live connection over %s is found in this machine's table",
  async (host) => {
    const server = createServer((socket) => socket.resume()).listen(0, host);
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, host);
    await once(client, "connect");
    const key = procNetKey({
      localAddress: client.localAddress ?? "",
      localPort: client.localPort ?? 0,
      remoteAddress: client.remoteAddress ?? "",
      remotePort: client.remotePort ?? 0,
    });
    const table = readFileSync(host === "::1" ? "/proc/net/tcp6" : "/proc/net/tcp", "latin1");
    expect(parseProcNetTcp(table, new Set([key])).get(key)).toEqual({ unackedBytes: 0, unanswered: 0 });
    client.destroy();
    server.close();
    await once(server, "close");
  },
);
