import { foldName } from "@confed/kernel";
import type { Block, Refuse } from "./block-reader.ts";
import { HOST_TRUSTS, type HostEntry, parseHosts } from "./host-list.ts";
import { splitList } from "./split-list.ts";
import { addUsers, mergeUsers, type UserList } from "./user-list.ts";

/** What `access` blocks come to for one host. */
export interface Access {
  readonly hosts: readonly HostEntry[];
  readonly admins: UserList;
  readonly limited: UserList;
}

/** Gathers `access` blocks: one of a name that was there before takes its place, at the end. */
export class AccessBlocks {
  readonly #groups: ReadonlyMap<string, UserList>;
  readonly #byName = new Map<string, { readonly name: string; readonly access: Access }>();

  constructor(groups: ReadonlyMap<string, UserList>) {
    this.#groups = groups;
  }

  take({ name, items, whole }: Block, refuse: Refuse): void {
    let access: Access = { hosts: [], admins: [], limited: [] };
    for (const { key, value, at } of items) {
      const trust = HOST_TRUSTS.find((each) => each === key);
      if (trust !== undefined) {
        // The empty value takes back what the block said so far of this trust.
        const kept = value === "" ? access.hosts.filter((each) => each.trust !== trust) : access.hosts;
        const added = parseHosts(trust, value, (message) => refuse(at, `${key} ${message}`));
        access = { ...access, hosts: [...kept, ...added] };
      } else if (key === "admin")
        access = { ...access, admins: addUsers(access.admins, value, this.#groups) };
      else if (key === "limited")
        access = { ...access, limited: addUsers(access.limited, value, this.#groups) };
      else {
        for (const other of splitList(value)) {
          const included = this.#byName.get(foldName(other));
          if (included === undefined) refuse(at, `include refers to "${other}", which is not defined above`);
          else access = joined(access, included.access);
        }
      }
    }
    if (!whole) return;
    this.#byName.delete(foldName(name));
    this.#byName.set(foldName(name), { name, access });
  }

  /** All blocks for everybody and for the host, one after the other. */
  result(isMe: (host: string) => boolean): Access {
    const mine = [...this.#byName.values()].filter(({ name }) => name === "*" || isMe(name));
    return mine.reduce<Access>((all, { access }) => joined(all, access), {
      hosts: [],
      admins: [],
      limited: [],
    });
  }
}

function joined(access: Access, more: Access): Access {
  return {
    hosts: [...access.hosts, ...more.hosts],
    admins: mergeUsers(access.admins, more.admins),
    limited: mergeUsers(access.limited, more.limited),
  };
}
