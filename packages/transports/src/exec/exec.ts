import type { TransportFactory } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { checkExecOptions, type ExecOptions } from "./exec-options.ts";
import { openExecLink } from "./open-exec-link.ts";

/**
 * A program on a pseudo-terminal of its own, which starts as the kernel makes it (echo, line
 * editing) and is from then on the program's: one that sets raw mode gets and sends all 256 byte
 * values untouched. Exit status 0 counts as an orderly end, anything else as "process_exited".
 *
 * Costs per console: two to three processes started one after the other in the same place, three
 * descriptors of the agent, one pseudo-terminal. The ceiling is `kernel.pty.max` of the host, 4096
 * by default; beyond it `open` rejects with "resource_exhausted".
 *
 * Throws "invalid_argument" for options that no child could be started with.
 */
export function exec(options: ExecOptions): TransportFactory {
  checkExecOptions(options);
  return ({ clock, logger }) => ({
    kind: "exec",
    open: ({ signal, sink }) =>
      withConnectDeadline({ clock, where: options.argv[0] ?? "", signal }, (bounded) =>
        openExecLink(options, { clock, logger, signal: bounded, sink }),
      ),
  });
}
