import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-ports.ts";
import { endPeer, startPeer } from "./peer-program.ts";

/** A real OpenSSH server on loopback, with keys of its own. */
export interface Sshd {
  readonly port: number;
  /** Who may log in, by `keyFile`: whoever runs the test. */
  readonly user: string;
  readonly keyFile: string;
  readonly knownHosts: string;
  close(): Promise<void>;
}

/** Needs sshd and ssh-keygen. Resolves when it listens. */
export async function startSshd(): Promise<Sshd> {
  const directory = mkdtempSync(join(tmpdir(), "confed-sshd-"));
  const path = (name: string) => join(directory, name);
  for (const name of ["host", "user"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(name)]);
  }
  const port = await freePort();
  const config = `ListenAddress 127.0.0.1:${port}
HostKey ${path("host")}
AuthorizedKeysFile ${path("user.pub")}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
PrintMotd no
PrintLastLog no
`;
  writeFileSync(path("sshd_config"), config);
  writeFileSync(path("known_hosts"), `[127.0.0.1]:${port} ${readFileSync(path("host.pub"), "utf8")}`);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true }); // Its privilege separation.
  const sshd = await startPeer(["/usr/sbin/sshd", "-D", "-e", "-f", path("sshd_config")], "Server listening");
  return {
    port,
    user: userInfo().username,
    keyFile: path("user"),
    knownHosts: path("known_hosts"),
    async close() {
      await endPeer(sshd);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
