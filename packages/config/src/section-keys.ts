import { LOG_MODE_KEYS } from "./settings-schema.ts";

const CONSERVER_KEYS = [
  ...["file", "listen", "trusted", "allowed", "pam", "passwords", "admins", "plain"],
  ...["certificate", "clientAuthorities", "anonymousTls"],
];

/** The keys of each section, for who misspells one. */
export const SECTION_KEYS: Readonly<Record<string, readonly string[]>> = {
  agent: ["id", "listen", "advertise", "heads", "state"],
  head: ["listen", "state", "assign"],
  "agent.conserver": [...CONSERVER_KEYS, "masters"],
  "head.conserver": [...CONSERVER_KEYS, "masters", "exec", "redirect"],
  logs: ["path", "mode", "group", "rotate", "compress", "keep", "for", ...LOG_MODE_KEYS],
  audit: ["dir", "policy", "consoles", "forward", "rotate", "keep"],
  "audit.rotate": ["size"],
  "audit.keep": ["age", "count"],
  "logs.for": ["consoles", ...LOG_MODE_KEYS],
  "logs.rotate": ["size", "age"],
  "logs.keep": ["age", "count", "size", "free"],
};
