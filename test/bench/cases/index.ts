import type { Case } from "../case.ts";
import { bootStorm } from "./boot-storm.ts";
import { fourRacks, twoShards } from "./many-cores.ts";
import { flood, rate10, rate100, rate8000 } from "./rate.ts";

/** All cases, in the order in which they run and are shown. */
export const CASES: readonly Case[] = [rate100, rate10, flood, rate8000, bootStorm, fourRacks, twoShards];
