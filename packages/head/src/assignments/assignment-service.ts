import { ConfedError } from "@confed/kernel";
import { type Handlers, peerText } from "@confed/wire";
import { callerFor, type HeadAccess } from "../access/head-access.ts";
import { type DefineDeps, define } from "./define.ts";
import { type ListDefinitionsDeps, listDefinitions } from "./list-definitions.ts";

export interface AssignmentServiceDeps {
  readonly access: HeadAccess;
  readonly audit: DefineDeps["audit"];
  /** Undefined at a head without a state directory. */
  readonly defining: (DefineDeps & ListDefinitionsDeps) | undefined;
}

/** What consoles there are by the word of this head. */
export function assignmentService({
  access,
  audit,
  defining,
}: AssignmentServiceDeps): Pick<Handlers<"Head">, "define" | "definitions"> {
  const needed = () => {
    if (defining !== undefined) return defining;
    throw new ConfedError("failed_precondition", "this head has no store: it assigns nothing", {
      hint: "head: { state: DIR }",
    });
  };
  return {
    define: async (request, _signal, call) => {
      const caller = callerFor(access, call, "config");
      try {
        return await define(request, caller, needed());
      } catch (reason) {
        const { rawMessage: text, subject: console } = ConfedError.from(reason);
        const peer = peerText(call.peer);
        audit.event({ event: "assignment.refused", subject: caller.name, peer, console, text });
        throw reason;
      }
    },
    definitions: (request, outlet, call) => {
      listDefinitions(request, outlet, callerFor(access, call, "list"), needed()).catch((reason: unknown) => {
        outlet.end(ConfedError.from(reason));
      });
    },
  };
}
