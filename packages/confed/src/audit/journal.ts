import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { syslogSeverityOf } from "@confed/trust/audit";

export interface JournalDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: { write(text: string): unknown };
}

/**
 * A way to put a record on file in the journal of the host, outside what we write ourselves. A service
 * of systemd has its standard error there, where `<2>` in front of a line is its severity
 * (sd-daemon(3)); any other process goes through systemd-cat(1) or logger(1), and without them to
 * standard error all the same.
 *
 * What is given must be neutralised. It goes through a pipe, never into arguments.
 */
export function hostJournal({ env, stderr }: JournalDeps): (code: string, text: string) => void {
  const onStderr = (severity: number, text: string) => {
    stderr.write(`<${severity}>confed audit: ${text}\n`);
  };
  return (code, text) => {
    const severity = syslogSeverityOf(code);
    const program = PROGRAMS.find(({ needs }) => existsSync(needs));
    if (env["JOURNAL_STREAM"] !== undefined || program === undefined) {
      onStderr(severity, text);
      return;
    }
    const child = spawn(program.command, program.args(severity), {
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: env["PATH"] ?? "/usr/bin:/bin" },
    });
    let failed = false;
    const fail = () => {
      if (!failed) onStderr(severity, text);
      failed = true;
    };
    child.once("error", fail);
    child.once("exit", (status) => {
      if (status !== 0) fail();
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(`audit: ${text}\n`);
    child.unref();
  };
}

const PROGRAMS = [
  {
    needs: "/run/systemd/journal/stdout",
    command: "systemd-cat",
    args: (severity: number) => ["--identifier=confed", `--priority=${severity}`],
  },
  {
    needs: "/dev/log",
    command: "logger",
    args: (severity: number) => ["--tag=confed", `--priority=authpriv.${SYSLOG_WORDS[severity] ?? "crit"}`],
  },
] as const;

const SYSLOG_WORDS: Readonly<Record<number, string>> = { 2: "crit", 3: "err", 4: "warning", 6: "info" };
