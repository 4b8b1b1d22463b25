import { splitList } from "./split-list.ts";

/** One entry of a list of users, as `ro`, `rw`, `admin` and `limited` have them. */
export interface UserEntry {
  /** `*` is everybody, `@name` a group of the host. */
  readonly user: string;
  readonly denied: boolean;
}

/** Newest first: the first entry that fits decides. */
export type UserList = readonly UserEntry[];

/**
 * A list with the users of a value in front. A name of `groups` stands for its members, `!` before it
 * for the opposite of each; whoever is in the list already moves to the front. The empty value is
 * the empty list.
 */
export function addUsers(list: UserList, value: string, groups: ReadonlyMap<string, UserList>): UserList {
  if (value === "") return [];
  return splitList(value).reduce((users, item) => {
    const denied = item.startsWith("!");
    const user = denied ? item.slice(1) : item;
    const members = groups.get(user);
    if (members === undefined) return withFirst(users, { user, denied });
    return mergeUsers(users, denied ? members.map((each) => ({ ...each, denied: !each.denied })) : members);
  }, list);
}

/** `list` with all of `more` in front, in their order. */
export function mergeUsers(list: UserList, more: UserList): UserList {
  return more.reduceRight(withFirst, list);
}

/**
 * What a list says of a user: true or false, or undefined if nothing. An entry with the name itself or
 * with a group counts before `*`, whatever their order.
 */
export function isListed(
  list: UserList,
  user: string,
  inHostGroup: (user: string, group: string) => boolean,
): boolean | undefined {
  let everybody: boolean | undefined;
  for (const entry of list) {
    if (entry.user === user) return !entry.denied;
    if (entry.user.startsWith("@") && inHostGroup(user, entry.user.slice(1))) return !entry.denied;
    if (entry.user === "*") everybody ??= !entry.denied;
  }
  return everybody;
}

function withFirst(list: UserList, entry: UserEntry): UserList {
  return [entry, ...list.filter(({ user }) => user !== entry.user)];
}
