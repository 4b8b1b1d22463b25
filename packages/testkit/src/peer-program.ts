import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** True if a program is there; also where only root's PATH leads. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** For the title of a suite: empty, or " (skipped: socat not installed)". */
export function skippedWithout(...programs: readonly string[]): string {
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")} not installed)`;
}

/** Start a program and wait until it has said this on standard error. */
export async function startPeer(argv: readonly string[], says: string): Promise<ChildProcess> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  let said = "";
  const heard = new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes(says)) resolve();
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`${argv.join(" ")} ended:\n${said}`)));
  });
  await heard;
  return child;
}

/** Start a program that says nothing of use; whether it is ready is for the caller to find out. */
export function startQuietPeer([program = "", ...args]: readonly string[]): ChildProcess {
  return spawn(program, args, {
    stdio: "ignore",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
}

/** Told to end; resolves when it has. */
export async function endPeer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "close");
  child.kill();
  await gone;
}
