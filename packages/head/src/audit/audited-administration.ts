import { parseVerbs, verbsIn } from "@confed/trust";
import type { AuditEvent } from "@confed/trust/audit";
import type { AdministerRequestReceived } from "@confed/wire";

/** What an administrator did about users and roles, as a record; undefined: he only looked. */
export function auditedAdministration(request: AdministerRequestReceived): AuditEvent | undefined {
  switch (request.action) {
    case "editUser": {
      const { name = "", create, password, addGroups = [], removeGroups = [] } = request.editUser ?? {};
      const details = {
        ...{ user: name, password: password !== "" },
        ...{ joins: listed(addGroups), leaves: listed(removeGroups) },
      };
      return { event: "user.changed", text: create ? "added" : "changed", details };
    }
    case "removeUser":
      return { event: "user.changed", text: "removed", details: { user: request.removeUser } };
    case "putRole": {
      const { name = "", rules = [] } = request.putRole ?? {};
      const texts = rules.map(({ effect, verbs, consoles, agents }) => {
        const words = verbsIn(verbs.reduce((set, verb) => set | parseVerbs(verb), 0)).join(" ");
        return `${effect} ${words} on ${consoles}${agents.length === 0 ? "" : ` of ${agents.join(" ")}`}`;
      });
      return { event: "role.changed", text: "put", details: { role: name, rules: texts.join("; ") } };
    }
    case "removeRole":
      return { event: "role.changed", text: "removed", details: { role: request.removeRole } };
    case "editBinding": {
      const { to = "", addRoles = [], removeRoles = [] } = request.editBinding ?? {};
      const details = { to, added: listed(addRoles), removed: listed(removeRoles) };
      return { event: "role.changed", text: "granted", details };
    }
    case "createApiToken": {
      const { user = "", note, ttlMs } = request.createApiToken ?? {};
      return { event: "token.created", text: "API token", details: { user, note, ttlMs } };
    }
    case "removeApiToken":
      return { event: "token.revoked", text: "API token", details: { token: request.removeApiToken } };
    case "revoke":
      return { event: "access.revoked", details: { of: request.revoke } };
    default:
      return undefined;
  }
}

function listed(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(" ");
}
