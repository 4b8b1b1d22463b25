import { ConfedError, EXIT } from "@confed/kernel";
import { withExamples, withSection } from "@confed/rcons";
import type { AdministerRequest, RoleRule } from "@confed/wire";
import type { Command } from "commander";
import type { HeadFlags } from "../process/ask-head.ts";
import type { World } from "../world.ts";
import type { Launch } from "./launch.ts";
import { withHead, words } from "./user.ts";

interface RoleFlags extends HeadFlags {
  readonly allow?: string[];
  readonly deny?: string[];
  readonly agents?: string;
}

interface GrantFlags extends HeadFlags {
  readonly remove?: string;
}

/** `confed role`: what roles allow. */
export function defineRole(program: Command, launch: Launch): Command {
  const command = program
    .command("role")
    .description("add, remove or show roles: verbs on selections of consoles");
  const collect = (rule: string, before: string[] = []) => [...before, rule];
  const add = withHead(command.command("add").description("a role, or another text of one"))
    .argument("<name>")
    .option("--allow <verbs:selection>", "may be given again and again", collect)
    .option("--deny <verbs:selection>", "wins over whatever allows", collect)
    .option("--agents <names>", "only consoles that these agents own, with commas")
    .action((name: string, flags: RoleFlags) =>
      launch((world) => ask(world, flags, { putRole: { name, rules: rulesOf(flags) } })),
    );
  withHead(command.command("rm").description("remove a role that nobody has"))
    .argument("<name>")
    .action((name: string, flags: RoleFlags) => launch((world) => ask(world, flags, { removeRole: name })));
  withHead(command.command("ls").description("all roles and their rules")).action((flags: RoleFlags) =>
    launch((world) => show(world, flags)),
  );
  withHead(command.command("show").description("the rules of one role"))
    .argument("<name>")
    .action((name: string, flags: RoleFlags) => launch((world) => show(world, flags, name)));
  withSection(add, {
    title: "Verbs",
    lines: [
      "list view log.read search write force break power share moderate config enrol audit.read admin, or *",
    ],
  });
  withExamples(add, [
    { line: "confed role add racks12 --allow 'list,view,log.read,write:rack=r1,rack=r2'", does: "two racks" },
    {
      line: "confed role add careful --deny break:@db",
      does: "no break for databases, whatever else is allowed",
    },
  ]);
  return command;
}

/** `confed grant`: who has which roles. */
export function defineGrant(program: Command, launch: Launch): Command {
  const command = withHead(
    program.command("grant").description("give roles to a user or a group, or take them away"),
  )
    .argument("<to>", "user:NAME, group:NAME or local:NAME")
    .argument("[roles...]", "to give")
    .option("--remove <roles>", "to take away, with commas")
    .action((to: string, roles: readonly string[], flags: GrantFlags) =>
      launch(async (world) => {
        const removeRoles = words(flags.remove);
        if (roles.length + removeRoles.length === 0)
          throw new ConfedError("invalid_argument", "which roles?", { hint: "confed role ls shows them" });
        return ask(world, flags, { editBinding: { to, addRoles: [...roles], removeRoles } });
      }),
    );
  return withExamples(command, [
    { line: "confed grant user:anna operator", does: "one user" },
    { line: "confed grant group:ops racks12 careful", does: "everybody of a group" },
    { line: "confed grant user:anna --remove operator", does: "at once, also for who is attached" },
  ]);
}

function rulesOf({ allow = [], deny = [], agents }: RoleFlags): RoleRule[] {
  const ruleOf = (effect: string) => (text: string) => {
    const colon = text.indexOf(":");
    if (colon < 0) {
      throw new ConfedError("invalid_argument", `"${text.slice(0, 100)}" names no consoles`, {
        hint: 'verbs:selection, as "view,write:rack=r1"; "*" is every console',
      });
    }
    return {
      effect,
      verbs: words(text.slice(0, colon)),
      consoles: text.slice(colon + 1),
      agents: words(agents),
    };
  };
  return [...allow.map(ruleOf("allow")), ...deny.map(ruleOf("deny"))];
}

async function ask(world: World, flags: HeadFlags, request: AdministerRequest): Promise<number> {
  const { askHead } = await import("../process/ask-head.ts");
  await askHead(world, flags, (client, signal) => client.administer(request, { signal }));
  return EXIT.ok;
}

async function show(world: World, flags: RoleFlags, name?: string): Promise<number> {
  const [{ askHead }, { roleLines }] = await Promise.all([
    import("../process/ask-head.ts"),
    import("../users/policy-lines.ts"),
  ]);
  const policy = await askHead(world, flags, (client, signal) => client.administer({ show: {} }, { signal }));
  const lines = roleLines(policy, name);
  if (lines.length === 0)
    throw new ConfedError("not_found", `there is no role ${name ?? ""}`, { hint: "confed role ls" });
  world.stdout.write(`${lines.join("\n")}\n`);
  return EXIT.ok;
}
