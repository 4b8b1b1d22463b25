import { pamService, skippedWithout, skippedWithoutPam } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { ConserverSite } from "./conserver-site.ts";
import { connected } from "./socket-client.ts";

const skipped = skippedWithout("console", "tmux", "cc") + skippedWithoutPam;

const PASSWORD = "pläin: word";

describe.skipIf(skipped !== "")(`users of the host with Debian's console${skipped}`, () => {
  async function startAgent(pam: object) {
    const made = new ConserverSite();
    const passwords = made.file("conserver.passwd", "ann:*passwd*\nbob:*passwd*\n");
    const conserver = { trusted: [], allowed: ["127.0.0.0/8"], passwords, ...pam };
    const agent = await made.agent({ consoles: ["cat"], conserver });
    await agent.up("cat");
    return { site: made, ...agent };
  }

  test("come in with the password that PAM has of them, whatever is in it, and with no other", async () => {
    const { program, service } = pamService({ ann: PASSWORD, cyd: "cyd" });
    const { site, port } = await startAgent({ pam: { program, service } });
    const ann = await site.pane();
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann cat`);
    await ann.shows("password:");
    await ann.type("cyd\r");
    await ann.shows("invalid password");
    await ann.until(() => ann.output.split("password:").length > 2);
    await ann.type(`${Buffer.from(PASSWORD).toString("latin1")}\r`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("hello\r");
    await ann.shows("hello");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
    // PAM knows cyd, and the file does not.
    expect(await answered(port, "cyd", "cyd")).toContain("invalid password");
  });

  test("are refused, and the log says what to write, where nothing says how to ask", async () => {
    const { process, port } = await startAgent({});
    expect(await answered(port, "ann", "any")).toContain("passwords cannot be checked\r\n<closed>");
    const { cause, hint } = await process.logged("passwords of conserver's clients cannot be checked");
    expect(cause).toContain("nothing says how to ask for users of this host (ann)");
    expect(hint).toContain("pam: { program:");
  });
});

/** What a client is told that logs in so. */
async function answered(port: number, user: string, password: string): Promise<string> {
  const client = await connected(port);
  client.write(`login ${user}\n`);
  await client.shows("passwd?");
  client.write(`${password}\n`);
  await client.shows("<closed>");
  return client.take();
}
