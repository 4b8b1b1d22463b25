import { KERNEL_WORDS, kernelTime } from "./demo-texts.ts";

/** What commands may do to their machine. All but `print` take it away from the prompt. */
export interface ShellHost {
  readonly name: string;
  print(text: string): void;
  wallTimeMs(): number;
  uptimeMs(): number;
  hangUp(): void;
  flood(bytes: number): void;
  silence(seconds: number): void;
  panic(): void;
  reboot(): void;
  logOut(): void;
}

const COMMAND_LIMITS = {
  /** Enough to fill any buffer on the way. */
  floodBytesMax: 1_000_000_000,
  /** Long enough to be found dead. */
  silenceSecondsMax: 3600,
} as const;

/** Run one typed line of the toy shell. Never throws; an unknown command is told so. */
export function runShellCommand(line: string, host: ShellHost): void {
  const [name = "", ...args] = line.trim().split(/\s+/);
  if (name === "") return;
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) host.print(`-sh: ${name}: command not found\r\n`);
  else command.run(host, args);
}

interface ShellCommand {
  readonly name: string;
  readonly help: string;
  readonly run: (host: ShellHost, args: readonly string[]) => void;
}

const COMMANDS: readonly ShellCommand[] = [
  {
    name: "help",
    help: "this list",
    run: (host) => {
      for (const { name, help } of COMMANDS) host.print(`  ${name.padEnd(10)}${help}\r\n`);
    },
  },
  {
    name: "date",
    help: "the time of the simulator",
    run: (host) => {
      host.print(`${new Date(host.wallTimeMs()).toUTCString()}\r\n`);
    },
  },
  {
    name: "hostname",
    help: "the name of this console",
    run: (host) => {
      host.print(`${host.name}\r\n`);
    },
  },
  {
    name: "uptime",
    help: "time since the last boot",
    run: (host) => {
      host.print(`up ${Math.floor(host.uptimeMs() / 1000)} s\r\n`);
    },
  },
  {
    name: "echo",
    help: "TEXT: print it",
    run: (host, args) => {
      host.print(`${args.join(" ")}\r\n`);
    },
  },
  {
    name: "dmesg",
    help: "what the kernel said",
    run: (host) => {
      for (const [at, words] of KERNEL_WORDS.entries()) host.print(`[${kernelTime(at * 1717)}] ${words}\r\n`);
    },
  },
  {
    name: "panic",
    help: "crash the kernel; it restarts after 5 s",
    run: (host) => {
      host.panic();
    },
  },
  {
    name: "reboot",
    help: "shut down and boot again",
    run: (host) => {
      host.reboot();
    },
  },
  {
    name: "flood",
    help: "N: print N bytes of numbered lines as fast as they are taken",
    run: (host, args) => {
      const bytes = numberOf(args[0], COMMAND_LIMITS.floodBytesMax);
      if (bytes === undefined) host.print(`usage: flood N (bytes, 1 to ${COMMAND_LIMITS.floodBytesMax})\r\n`);
      else host.flood(bytes);
    },
  },
  {
    name: "silence",
    help: "N: answer nothing for N seconds",
    run: (host, args) => {
      const seconds = numberOf(args[0], COMMAND_LIMITS.silenceSecondsMax);
      if (seconds === undefined) {
        host.print(`usage: silence N (seconds, 1 to ${COMMAND_LIMITS.silenceSecondsMax})\r\n`);
      } else host.silence(seconds);
    },
  },
  {
    name: "hangup",
    help: "close the connection",
    run: (host) => {
      host.hangUp();
    },
  },
  {
    name: "exit",
    help: "log out",
    run: (host) => {
      host.logOut();
    },
  },
];

function numberOf(text: string | undefined, max: number): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isInteger(value) && value >= 1 && value <= max ? value : undefined;
}
