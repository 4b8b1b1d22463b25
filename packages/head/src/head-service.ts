import { ConfedError } from "@confed/kernel";
import type { Verb } from "@confed/trust";
import type { Call, Handlers } from "@confed/wire";
import { callerFor, type HeadAccess } from "./access/head-access.ts";
import { type AssignmentServiceDeps, assignmentService } from "./assignments/assignment-service.ts";
import type { Relays } from "./attach/relays.ts";
import {
  administerEnrolment,
  type EnrolmentServiceDeps,
  enroll,
  readOnlyHead,
  renew,
} from "./enrolment/enrolment-service.ts";
import type { Publication } from "./following/publication.ts";
import type { Joins } from "./join/joins.ts";
import { type ControlDeps, control, controlVerb } from "./queries/control.ts";
import { inspect } from "./queries/inspect.ts";
import { list } from "./queries/list.ts";
import { type ProcessStatusDeps, processStatus } from "./queries/process-status.ts";
import { readLog } from "./queries/read-log.ts";
import { resolve } from "./queries/resolve.ts";
import type { WatchFeed } from "./queries/watch-feed.ts";
import type { Tails } from "./tail/tails.ts";
import { type UserServiceDeps, userService } from "./users/user-service.ts";

export interface HeadServiceDeps
  extends ControlDeps,
    ProcessStatusDeps,
    UserServiceDeps,
    AssignmentServiceDeps,
    EnrolmentServiceDeps {
  readonly access: HeadAccess;
  readonly joins: Joins;
  /** Undefined at a head that has nothing to say to others: it follows one itself, or is alone. */
  readonly publication: Publication | undefined;
  readonly relays: Relays;
  readonly watchFeed: WatchFeed;
  readonly tails: Tails;
}

/** The methods of a head, each on its own page. What a handler throws or rejects with ends its call. */
export function headService(deps: HeadServiceDeps): Handlers<"Head"> {
  const { access, joins, relays, watchFeed, tails, directory } = deps;
  const may = (call: Call, verb: Verb) => callerFor(access, call, verb);
  return {
    join: (stream, call) => {
      joins.accept(stream, call);
    },
    resolve: (request, call) => resolve(request, may(call, "view"), deps),
    attach: (stream, call) => {
      relays.accept(stream, may(call, "view"));
    },
    tail: (request, outlet, call) => {
      tails.accept(request, outlet, may(call, "view"));
    },
    readLog: (request, outlet, call) => {
      endOnFailure(outlet, readLog(request, outlet, may(call, "log.read"), deps));
    },
    list: (request, outlet, call) => {
      endOnFailure(outlet, list(request, outlet, { directory, caller: may(call, "list") }));
    },
    watch: (request, outlet, call) => {
      endOnFailure(outlet, watchFeed.watch(request, outlet, may(call, "list")));
    },
    inspect: async (request, signal, call) => inspect(request, may(call, "list"), deps, signal),
    control: async (request, signal, call) => control(request, may(call, controlVerb(request)), deps, signal),
    status: async (_request, _signal, call) => {
      may(call, "list");
      return processStatus(deps);
    },
    ...userService(deps),
    ...assignmentService(deps),
    enroll: (request, _signal, call) => enroll(request, deps, call),
    renew: (request, _signal, call) => renew(request, deps, call),
    enrolment: (request, _signal, call) => administerEnrolment(request, deps, call),
    follow: (request, outlet, call) => {
      if (deps.publication === undefined) throw readOnlyHead(deps.store);
      deps.publication.accept(request, outlet, call);
    },
  };
}

function endOnFailure(outlet: { end(error?: ConfedError): void }, work: Promise<void>): void {
  work.catch((reason: unknown) => {
    outlet.end(ConfedError.from(reason));
  });
}
