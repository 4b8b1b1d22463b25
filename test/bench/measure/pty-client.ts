import { execFile } from "node:child_process";

/** What pty-client.c saw of a console client at its terminal. */
export interface ClientTimes {
  /** From exec until something typed came back. */
  readonly attachMs: number;
  /** From exec until it showed anything. */
  readonly firstOutputMs: number;
  /** From a key being pressed until it was shown. */
  readonly echoMs: readonly number[];
}

/** Runs a system's own client in a pseudo-terminal; rejects with what it showed if no echo comes. */
export function timeClient(
  program: string,
  argv: readonly string[],
  {
    samples = 0,
    env = {},
  }: { readonly samples?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ClientTimes> {
  return new Promise((resolve, reject) => {
    const args = ["-s", String(samples), "--", ...argv];
    execFile(program, args, { env: { ...process.env, ...env } }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as ClientTimes);
      else reject(new Error(`${argv.join(" ")}: ${stdout === "" ? error.message : stdout}`));
    });
  });
}
