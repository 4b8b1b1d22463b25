import { systemCiphers } from "@confed/kernel";
import { IPMI_CAPTURES, type IpmiCapture, readIpmiCapture } from "@confed/testkit";
import { expect, test } from "vitest";
import { parseIpmiRequest, parseIpmiResponse, parseV15Packet } from "./ipmi-message.ts";
import {
  encodeOpenSessionRequest,
  parseOpenSessionRequest,
  parseOpenSessionResponse,
} from "./open-session.ts";
import { encodeRakp1, encodeRakp3, parseRakp1, parseRakp2, parseRakp3, parseRakp4 } from "./rakp.ts";
import { deriveRakp } from "./rakp-keys.ts";
import { encodeUnprotected, openPacket, PAYLOAD_TYPE, parseRmcpPlus, type SessionKeys } from "./rmcp-plus.ts";
import { SequenceWindow } from "./sequence-window.ts";
import { parseSolPacket } from "./sol-packet.ts";

const admin = Buffer.from("admin");

test.each(IPMI_CAPTURES)(
  "every packet of %s holds: sums, proofs, integrity codes, padding",
  (name, sealedCount) => {
    const capture = readIpmiCapture(name);
    const keys = keysOf(capture);
    const windows = { console: new SequenceWindow(), bmc: new SequenceWindow() };
    let sealed = 0;
    for (const { from, datagram } of capture) {
      const message = parseV15Packet(datagram);
      if (message !== undefined) {
        expect(from === "console" ? parseIpmiRequest(message) : parseIpmiResponse(message)).toBeDefined();
        continue;
      }
      const packet = parseRmcpPlus(datagram);
      if (packet === undefined) return expect.fail(`no packet: ${datagram.toString("hex")}`);
      if (packet.sessionId === 0) continue;
      sealed += 1;
      const payload = openPacket(datagram, packet, keys, systemCiphers);
      if (typeof payload === "string") return expect.fail(payload);
      expect(windows[from].admit(packet.sequence)).toBe(true);
      if (packet.payloadType === PAYLOAD_TYPE.sol) expect(parseSolPacket(payload)).toBeDefined();
      else expect(from === "console" ? parseIpmiRequest(payload) : parseIpmiResponse(payload)).toBeDefined();
    }
    expect(sealed).toBe(sealedCount);
  },
);

test.each(IPMI_CAPTURES)("what opens the session of %s is encoded as it was recorded", (name) => {
  for (const { datagram } of readIpmiCapture(name)) {
    const packet = parseRmcpPlus(datagram);
    const again = packet && reencode(packet.payloadType, packet.payload);
    if (again === undefined) continue;
    const encoded = encodeUnprotected(packet?.payloadType ?? 0, again);
    expect(Buffer.from(encoded).toString("hex")).toBe(datagram.toString("hex"));
  }
});

function reencode(payloadType: number, payload: Uint8Array): Uint8Array | undefined {
  if (payloadType === PAYLOAD_TYPE.openSessionRequest) {
    const request = parseOpenSessionRequest(payload);
    if (request?.suite === undefined) return expect.fail("the suite is one of ours");
    return encodeOpenSessionRequest({ ...request, suite: request.suite });
  }
  if (payloadType === PAYLOAD_TYPE.rakp1) {
    const message = parseRakp1(payload);
    return message === undefined ? expect.fail("no RAKP 1") : encodeRakp1(message);
  }
  if (payloadType === PAYLOAD_TYPE.rakp3) {
    const message = parseRakp3(payload);
    return message === undefined ? expect.fail("no RAKP 3") : encodeRakp3(message);
  }
  return undefined;
}

/** The keys that both ends agreed on, every proof of theirs compared. */
function keysOf(capture: IpmiCapture): SessionKeys {
  const payloadOf = (type: number) =>
    capture.map(({ datagram }) => parseRmcpPlus(datagram)).find((packet) => packet?.payloadType === type)
      ?.payload ?? expect.fail(`no payload ${type}`);
  const request = parseOpenSessionRequest(payloadOf(PAYLOAD_TYPE.openSessionRequest));
  const response = parseOpenSessionResponse(payloadOf(PAYLOAD_TYPE.openSessionResponse));
  const rakp1 = parseRakp1(payloadOf(PAYLOAD_TYPE.rakp1));
  const rakp2 = parseRakp2(payloadOf(PAYLOAD_TYPE.rakp2));
  const rakp3 = parseRakp3(payloadOf(PAYLOAD_TYPE.rakp3));
  const rakp4 = parseRakp4(payloadOf(PAYLOAD_TYPE.rakp4));
  if (!request?.suite || !response || !rakp1 || !rakp2) return expect.fail("the log-in is not complete");
  const { rakp2Code, rakp3Code, rakp4Code, keys } = deriveRakp(
    {
      suite: request.suite,
      consoleSessionId: response.consoleSessionId,
      bmcSessionId: response.bmcSessionId,
      consoleRandom: rakp1.random,
      bmcRandom: rakp2.random,
      guid: rakp2.guid,
      role: rakp1.role,
    },
    { user: rakp1.user, password: admin, bmcKey: undefined },
    systemCiphers,
  );
  expect(systemCiphers.equal(rakp2Code, rakp2.code)).toBe(true);
  expect(systemCiphers.equal(rakp3Code, rakp3?.code ?? admin)).toBe(true);
  expect(systemCiphers.equal(rakp4Code, rakp4?.code ?? admin)).toBe(true);
  return keys;
}
