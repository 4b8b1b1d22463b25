import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { skippedWithout, untilTrue } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { BMC_SOCKET_LIMITS, BmcSockets } from "./bmc-sockets.ts";

const skipped = skippedWithout("ss");

test.skipIf(skipped !== "")(`a socket asks the kernel for room for all its BMCs${skipped}`, async () => {
  const bmc = await listen("127.0.0.1");
  const { port } = await takenAt(new BmcSockets(), bmc, "127.0.0.1");
  const listed = execFileSync("ss", ["-uanm", `sport = :${port}`]).toString();
  const maxBytes = Number(readFileSync("/proc/sys/net/core/rmem_max", "utf8"));
  // Linux counts what it adds for itself, which is as much again.
  const wantedBytes = 2 * Math.min(BMC_SOCKET_LIMITS.receiveBufferBytes, maxBytes);
  expect(Number(/skmem:\(r\d+,rb(\d+)/.exec(listed)?.[1])).toBe(wantedBytes);
});

test("BMCs at one socket are told apart by where they are, in either family and however it is written", async () => {
  const sockets = new BmcSockets();
  for (const [address, written] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "0:0::0:1"],
  ] as const) {
    const places = [];
    for (const name of ["one", "other"]) {
      const bmc = await listen(address);
      places.push({ name, bmc, ...(await takenAt(sockets, bmc, written)) });
    }
    const [one, other] = places;
    expect(one?.port, "they share it").toBe(other?.port);
    for (const { bmc, name, port, heard } of places) {
      bmc.send(name, port, address);
      await untilTrue(() => heard.length > 0);
    }
    expect(places.map(({ heard }) => heard)).toEqual([["one"], ["other"]]);
  }
});

async function listen(address: string): Promise<Socket> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4").bind(0, address);
  onTestFinished(() => {
    socket.close();
  });
  await once(socket, "listening");
  return socket;
}

/** A place for this BMC; the port that datagrams to it come from, and what it was heard to say. */
async function takenAt(sockets: BmcSockets, bmc: Socket, written: string) {
  const heard: string[] = [];
  const place = await sockets.take(
    { address: written, family: written.includes(":") ? 6 : 4, port: bmc.address().port },
    {
      onDatagram: (datagram) => void heard.push(Buffer.from(datagram).toString()),
      onSendError: (error) => expect.fail(error.message),
    },
  );
  onTestFinished(() => {
    place.close();
  });
  place.send(Buffer.from("who am I"));
  const [, { port }] = (await once(bmc, "message")) as [Buffer, { readonly port: number }];
  return { port, heard };
}
