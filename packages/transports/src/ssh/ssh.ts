import { ConfedError } from "@confed/kernel";
import type { TransportFactory } from "../deps.ts";
import type { SshOptions } from "./ssh-options.ts";

/**
 * SSH in this process: a shell, a command or a subsystem. Break by RFC 4335 where the server
 * knows it. Throws "invalid_argument" for options that exclude each other.
 */
export function ssh(options: SshOptions): TransportFactory {
  if (options.command !== undefined && options.subsystem !== undefined) {
    throw new ConfedError("invalid_argument", "an ssh console has a command or a subsystem, not both", {
      subject: "subsystem",
    });
  }
  return (deps) => ({
    kind: "ssh",
    // ssh2 is large, and most agents have no use for it: loaded at the first dial.
    open: async (open) => (await import("./open-session.ts")).openSession(deps, options, open),
  });
}
