import { FakeClock } from "@confed/testkit";
import { describe, expect, it } from "vitest";
import { DemoMachine } from "./demo-machine.ts";
import { DueQueue } from "./due-queue.ts";

/** A machine whose console is a string. */
function rig() {
  const clock = new FakeClock();
  const queue = new DueQueue(clock);
  const did: string[] = [];
  let printed = "";
  let isSilent = false;
  const machine = new DemoMachine(
    {
      name: "n0001",
      index: 0,
      print: (text) => {
        if (!isSilent) printed += text;
      },
      hangUp: () => {
        did.push("hang up");
        machine.disconnected();
      },
      flood: (bytes, onEnd) => {
        did.push(`flood ${bytes}`);
        onEnd?.();
      },
      silence: (on) => {
        isSilent = on;
      },
    },
    { clock, queue },
  );
  return {
    clock,
    machine,
    did,
    type: (text: string) => {
      machine.input(Buffer.from(text, "latin1"));
    },
    /** What was printed since the last call. */
    printed: () => {
      const text = printed;
      printed = "";
      return text;
    },
  };
}

function loggedIn() {
  const machine = rig();
  machine.machine.connected();
  machine.clock.advance(10_000);
  machine.type("root\rconfed\r");
  machine.printed();
  return machine;
}

describe("DemoMachine", () => {
  it("boots at its first connection: BIOS, GRUB, kernel, login", () => {
    const { clock, machine, printed } = rig();
    expect(clock.pending).toBe(0);
    machine.connected();
    clock.advance(10_000);
    const boot = printed();
    const stations = ["BIOS", "GRUB", "Linux version", "Started OpenSSH", "n0001 login: "];
    const places = stations.map((station) => boot.indexOf(station));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(-1);
    machine.connected();
    clock.advance(10_000);
    expect(printed()).toBe("");
    expect(clock.pending).toBe(0);
  });

  it("lets in who knows the password, without showing it, and nobody else", () => {
    const { clock, machine, type, printed } = rig();
    machine.connected();
    clock.advance(10_000);
    printed();
    type("root\rwrong\r");
    expect(printed()).toMatch(/^root\r\nPassword: \r\n\r\nLogin incorrect\r\n[^]*n0001 login: $/);
    type("root\rconfed\r");
    expect(printed()).toMatch(/^root\r\nPassword: \r\nSimulated[^]*root@n0001:~# $/);
  });

  it("edits lines, ends them by CR, LF, CR LF or CR NUL once, and swallows arrow keys", () => {
    const { type, printed } = loggedIn();
    for (const end of ["\r", "\n", "\r\n", "\r\0"]) {
      type(`echo ab\x7fc\x1b[A${end}`);
      expect(printed()).toBe("echo ab\b \bc\r\nac\r\nroot@n0001:~# ");
    }
    type("junk\x15\x03");
    expect(printed()).toContain("^C\r\nroot@n0001:~# ");
  });

  it("says what it does not know", () => {
    const { type, printed } = loggedIn();
    type("rm -rf /\rflood\rsilence 0\r");
    const said = printed();
    expect(said).toContain("rm: command not found");
    expect(said).toContain("usage: flood N");
    expect(said).toContain("usage: silence N");
  });

  it("lists every command in help", () => {
    const { type, printed } = loggedIn();
    type("help\r");
    const help = printed();
    for (const command of ["help", "date", "dmesg", "panic", "flood", "hangup", "silence", "reboot"]) {
      expect(help).toContain(`  ${command} `);
    }
  });

  it("floods, hangs up and falls silent on demand", () => {
    const { clock, did, type, printed } = loggedIn();
    type("flood 1000\r");
    expect(did).toEqual(["flood 1000"]);
    expect(printed()).toContain("root@n0001:~# ");
    type("silence 3\r");
    printed();
    type("date\r");
    clock.advance(2999);
    expect(printed()).toBe("");
    clock.advance(2);
    expect(printed()).toBe("root@n0001:~# ");
    type("hangup\r");
    expect(did).toEqual(["flood 1000", "hang up"]);
    expect(printed()).toContain("login: ");
  });

  it.each(["panic", "reboot"])("comes back to the login prompt after %s", (command) => {
    const { clock, type, printed } = loggedIn();
    type(`${command}\r`);
    clock.advance(20_000);
    const said = printed();
    expect(said).toContain(command === "panic" ? "Kernel panic - not syncing" : "Restarting system");
    expect(said.indexOf("BIOS")).toBeGreaterThan(0);
    expect(said.endsWith("n0001 login: ")).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
