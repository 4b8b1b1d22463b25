import { Socket } from "node:net";
import type { Inheritance } from "@confed/agent";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { SUCCESSOR_VARIABLE } from "./successor-variable.ts";

/** What an agent is to have from the one that started it; undefined for one that begins by itself. */
export async function inheritanceOf({
  env,
  clock,
}: Pick<World, "env" | "clock">): Promise<Inheritance | undefined> {
  if (env[SUCCESSOR_VARIABLE] === undefined) return undefined;
  const { Inheritance, SUCCESSOR_FDS } = await import("@confed/agent");
  return new Inheritance(new Socket({ fd: SUCCESSOR_FDS.channel }), { clock, version: VERSION });
}
