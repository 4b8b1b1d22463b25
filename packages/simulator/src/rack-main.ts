// Entry of the process that `spawnRack` starts: a rack with an event loop of its own, so that what is
// measured and what makes the load do not share one. Options as JSON in argv; see rack-orders.ts for
// what is said on stdin and stdout. Ends when stdin ends, whoever started it being gone too.
import { createInterface } from "node:readline";
import { ConfedError } from "@confed/kernel";
import { describeLateness } from "./lateness.ts";
import { startRack } from "./rack.ts";
import type { RackOptionsInput } from "./rack-options.ts";
import { obey, type RackOrder, toFailedOrder } from "./rack-orders.ts";

function say(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfedError("invalid_argument", `${what} is not JSON`, { subject: what, cause });
  }
}

async function main(): Promise<void> {
  const rack = await startRack(readJson(process.argv[2] ?? "{}", "rack options") as RackOptionsInput);
  const { tcpPort, telnetPort, sshPort, ipmiPort, sshHostKey } = rack;
  say({ listening: { tcpPort, telnetPort, sshPort, ipmiPort, sshHostKey } });
  const orders = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      orders.close();
      process.stdin.destroy();
    });
  }
  for await (const line of orders) {
    let id: unknown;
    try {
      const message = readJson(line, "order") as { readonly id: unknown; readonly order: RackOrder };
      id = message.id;
      say({ id, done: await obey(rack, message.order) });
    } catch (reason) {
      say({ id, failed: toFailedOrder(reason) });
    }
  }
  await rack.close();
  process.stderr.write(`${describeLateness(await rack.lateness())}\n`);
}

main().catch((reason: unknown) => {
  say({ failed: toFailedOrder(reason) });
  process.exitCode = 1;
});
