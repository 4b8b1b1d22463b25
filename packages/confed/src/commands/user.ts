import { ConfedError, EXIT, parseDurationMs } from "@confed/kernel";
import { withExamples } from "@confed/rcons";
import type { AdministerRequest } from "@confed/wire";
import type { Command } from "commander";
import type { HeadFlags } from "../process/ask-head.ts";
import type { World } from "../world.ts";
import type { Launch } from "./launch.ts";

interface UserFlags extends HeadFlags {
  readonly password: boolean;
  readonly groups?: string;
  readonly leave?: string;
  readonly note?: string;
  readonly ttl?: string;
}

/** `confed user`: local users of a head. */
export function defineUser(program: Command, launch: Launch): Command {
  const command = program
    .command("user")
    .description("add, change, remove or list the local users of a head");
  const add = withHead(
    command.command("add").description("a user; the password is asked for, or read from standard input"),
  )
    .argument("<name>")
    .option("--no-password", "certificates and tokens open this account, no password")
    .option("--groups <names>", "with commas")
    .action((name: string, flags: UserFlags) =>
      launch(async (world) =>
        ask(world, flags, {
          editUser: {
            ...{ name, create: true, addGroups: words(flags.groups) },
            password: flags.password ? await passwordFor(world, name) : "",
          },
        }),
      ),
    );
  withHead(command.command("edit").description("groups that a user joins or leaves"))
    .argument("<name>")
    .option("--groups <names>", "to join, with commas")
    .option("--leave <names>", "to leave, with commas; what the user was given ends")
    .action((name: string, flags: UserFlags) =>
      launch((world) =>
        ask(world, flags, {
          editUser: { name, addGroups: words(flags.groups), removeGroups: words(flags.leave) },
        }),
      ),
    );
  withHead(command.command("passwd").description("another password; sessions and log-ins of the user end"))
    .argument("<name>")
    .action((name: string, flags: UserFlags) =>
      launch(async (world) =>
        ask(world, flags, { editUser: { name, password: await passwordFor(world, name) } }),
      ),
    );
  withHead(command.command("rm").description("remove a user; sessions, log-ins and tokens end"))
    .argument("<name>")
    .action((name: string, flags: UserFlags) => launch((world) => ask(world, flags, { removeUser: name })));
  withHead(command.command("revoke").description("end what somebody was given so far: sessions, log-ins"))
    .argument("<subject>", "user:NAME or local:NAME")
    .action((subject: string, flags: UserFlags) => launch((world) => ask(world, flags, { revoke: subject })));
  const token = withHead(
    command
      .command("token")
      .description("an API token, which a program is the user by; it is shown this once"),
  )
    .argument("<name>")
    .option("--note <text>", "what it is for")
    .option("--ttl <time>", "how long it is good (until it is removed)")
    .action((name: string, { note = "", ttl, ...flags }: UserFlags) =>
      launch((world) => {
        const ttlMs = ttl === undefined ? 0 : parseDurationMs(ttl);
        return ask(world, flags, { createApiToken: { user: name, note, ttlMs } });
      }),
    );
  withHead(
    command
      .command("token-rm")
      .description("make an API token worthless; `user revoke` ends what was begun with it"),
  )
    .argument("<id>", "as `confed user ls` shows it")
    .action((id: string, flags: UserFlags) => launch((world) => ask(world, flags, { removeApiToken: id })));
  withHead(command.command("ls").description("users and their API tokens, and who else has roles")).action(
    (flags: UserFlags) => launch((world) => ask(world, flags, { show: {} })),
  );
  withExamples(add, [
    { line: "confed user add anna --groups ops", does: "asks for the password" },
    { line: "confed user add ci --no-password", does: "for a program with a certificate or a token" },
  ]);
  withExamples(token, [
    {
      line: "confed user token ci --note builds --ttl 90d",
      does: "for CONFED_TOKEN, or rcons login --token",
    },
  ]);
  return command;
}

/** How a head is named, by all commands about users and roles. */
export function withHead(command: Command): Command {
  return command
    .option("--head <addresses>", "host:port[,host:port...] (the head of this host, by its socket)")
    .option("--socket <path>", "a local socket of a head")
    .option("-c, --config <file>", "of the head of this host (CONFED_CONFIG)");
}

/** Between commas. */
export function words(text = ""): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

async function passwordFor(world: World, name: string): Promise<string> {
  const { readSecret } = await import("@confed/rcons");
  const password = await readSecret(world, `Password for ${name}: `);
  const isTerminal = (world.stdin as { readonly isTTY?: boolean }).isTTY === true;
  if (isTerminal && (await readSecret(world, "Again: ")) !== password)
    throw new ConfedError("invalid_argument", "the two are not the same", { subject: "password" });
  return password;
}

async function ask(world: World, flags: UserFlags, request: AdministerRequest): Promise<number> {
  const [{ askHead }, { userLines }] = await Promise.all([
    import("../process/ask-head.ts"),
    import("../users/policy-lines.ts"),
  ]);
  const answer = await askHead(world, flags, (client, signal) => client.administer(request, { signal }));
  if (answer.token !== "") world.stdout.write(`${answer.token}\n`);
  if (request.show)
    world.stdout.write(
      userLines(answer)
        .map((line) => `${line}\n`)
        .join(""),
    );
  return EXIT.ok;
}
