import { ConfedRig, expectByteClean, skippedWithout, startSshd } from "@confed/testkit";
import { describe, onTestFinished, test } from "vitest";

/** A terminal that changes nothing, and a program that prints what it reads. */
const COMMAND = "stty raw -echo; echo ready; exec cat";

test("an exec console is byte-clean, direct and relayed", async () => {
  const rig = new ConfedRig();
  await expectByteClean(rig, { name: "n1", transport: "exec", argv: ["/bin/sh", "-c", COMMAND] }, "echo");
});

const skipped = skippedWithout("sshd", "ssh-keygen");

describe.skipIf(skipped !== "")(`bytes through a real sshd${skipped}`, () => {
  test("an ssh console is byte-clean, direct and relayed", async () => {
    const rig = new ConfedRig();
    const { port, user, keyFile, knownHosts, close } = await startSshd();
    onTestFinished(close);
    const key = { file: keyFile };
    const entry = { name: "n1", transport: "ssh", host: "127.0.0.1", port, user, key, knownHosts };
    await expectByteClean(rig, { ...entry, command: COMMAND }, "echo");
  });
});
