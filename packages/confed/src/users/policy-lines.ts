import { neutralise } from "@confed/kernel";
import type { AdministerResponseReceived } from "@confed/wire";

/** `confed user ls`: everybody the head knows, with groups and roles, each with the API tokens below. */
export function userLines({ users, bindings, apiTokens, unlisted }: AdministerResponseReceived): string[] {
  const rolesOf = new Map(bindings.map(({ to, roles }) => [to, roles.join(",")]));
  const rows = users.flatMap(({ name, groups, hasPassword }) => {
    const roles = rolesOf.get(`user:${name}`) ?? "";
    const tokens = apiTokens.filter(({ user }) => user === name);
    return [
      `${text(name)}  groups: ${text(groups.join(",")) || "-"}  roles: ${text(roles) || "-"}${hasPassword ? "" : "  no password"}`,
      ...tokens.map(({ id, note, untilMs }) => {
        const until = untilMs === 0 ? "until it is removed" : `until ${new Date(untilMs).toISOString()}`;
        return `  token ${text(id)}  ${until}${note === "" ? "" : `  ${text(note)}`}`;
      }),
    ];
  });
  const others = bindings.filter(({ to }) => !users.some(({ name }) => to === `user:${name}`));
  for (const { to, roles } of others) rows.push(`${text(to)}  roles: ${text(roles.join(","))}`);
  return unlisted === 0 ? rows : [...rows, `${unlisted} more are not shown`];
}

/** `confed role ls` and `show`: a role and its rules, one a line, as `confed role add` takes them. */
export function roleLines({ roles }: AdministerResponseReceived, name?: string): string[] {
  return roles
    .filter((role) => name === undefined || role.name === name)
    .flatMap((role) => [
      text(role.name),
      ...role.rules.map(({ effect, verbs, consoles, agents }) => {
        const whose = agents.length === 0 ? "" : ` of ${text(agents.join(","))}`;
        return `  ${text(effect)} ${text(verbs.join(","))} on ${text(consoles)}${whose}`;
      }),
    ]);
}

function text(said: string): string {
  return neutralise(said, 4_000);
}
