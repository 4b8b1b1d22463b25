import { expect, test } from "vitest";
import { GREETING_BYTES_MAX, ServerHello } from "./server-hello.ts";

const list = (names: string): Buffer => {
  const bytes = Buffer.alloc(4 + names.length);
  bytes.writeUInt32BE(names.length, 0);
  bytes.write(names, 4, "latin1");
  return bytes;
};

/** An unencrypted KEXINIT: RFC 4253 sections 6 and 7.1. */
function kexInit(): Buffer {
  const names = ["kex-a,kex-b", "key-a", "c1", "c2", "m1", "m2", "none", "none", "", ""];
  const payload = Buffer.concat([Buffer.from([20]), Buffer.alloc(16), ...names.map(list), Buffer.alloc(5)]);
  const padding = 7;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding, 0);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

test("the identification comes out whole and the algorithms are noted, however the network cuts", () => {
  const identification = "SSH-2.0-rtos_1.0 a BMC\r\n";
  const input = Buffer.concat([
    Buffer.from(`Authorised use only\r\n\r\n${identification}`),
    kexInit(),
    Buffer.from("more"),
  ]);
  for (let pieceBytes = 1; pieceBytes <= input.length; pieceBytes += 1) {
    const hello = new ServerHello("bmc1:22");
    const passed: Buffer[] = [];
    for (let at = 0; at < input.length; at += pieceBytes) {
      passed.push(Buffer.from(hello.take(input.subarray(at, at + pieceBytes))));
    }
    expect(passed.find((piece) => piece.length > 0)?.toString("latin1")).toMatch(
      /^SSH-2.0-rtos_1.0 a BMC\r\n/,
    );
    expect(Buffer.concat(passed).equals(input.subarray(input.indexOf("SSH-")))).toBe(true);
    expect(hello.done).toBe(true);
    expect(hello.algorithms).toEqual({
      kex: ["kex-a", "kex-b"],
      hostKey: ["key-a"],
      cipherToServer: ["c1"],
      cipherToClient: ["c2"],
      macToServer: ["m1"],
      macToClient: ["m2"],
    });
  }
});

test("a first packet that is no KEXINIT, or no packet at all, says nothing and stops nothing", () => {
  for (const bytes of [
    Buffer.alloc(64, 0xff),
    Buffer.from([0, 0, 0, 12, 10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]) {
    const hello = new ServerHello("bmc1:22");
    hello.take(Buffer.from("SSH-2.0-x\n"));
    expect(hello.take(bytes)).toEqual(bytes);
    expect(hello.done).toBe(true);
    expect(hello.algorithms).toBeUndefined();
  }
});

test("a greeting of many lines passes up to its bound", () => {
  const hello = new ServerHello("bmc1:22");
  const line = Buffer.from(`${"x".repeat(1_023)}\n`);
  for (let bytes = 0; bytes + line.length <= GREETING_BYTES_MAX; bytes += line.length) {
    expect(hello.take(line)).toHaveLength(0);
  }
  expect(() => hello.take(line.subarray(0, 1))).toThrow("without an SSH identification");
});

test("what a server says is named without its control characters", () => {
  const hello = new ServerHello("bmc1:22");
  hello.take(Buffer.from("220 \u001b[2Jftp\u0007 ready\r\n"));
  expect(hello.silence).toBe('is not an SSH server: it said "220  [2Jftp  ready"');
});
