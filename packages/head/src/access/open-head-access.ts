import { ALL_VERBS } from "@confed/trust";
import type { HeadAccess } from "./head-access.ts";

/** Whoever reaches this head may do everything: on loopback, without TLS. */
export const openHeadAccess: HeadAccess = {
  who: () => ANYBODY,
  checkAgent: () => undefined,
  trustPages: () => [],
  watch: () => () => undefined,
};

const ANYBODY = {
  name: "local:anonymous",
  verbsOn: () => ALL_VERBS,
  mayEver: () => true,
  mayAlways: () => true,
  ticketFor: () => undefined,
} as const;
