import type { Case } from "../case.ts";
import { attach, attachStock, echo } from "./attach.ts";
import { bootStorm } from "./boot-storm.ts";
import { bulk } from "./bulk.ts";
import { disk } from "./disk.ts";
import { headList } from "./head-list.ts";
import { headLoad } from "./head-load.ts";
import { headRestart } from "./head-restart.ts";
import { headWatchers } from "./head-watchers.ts";
import { idle } from "./idle.ts";
import { ipmi } from "./ipmi.ts";
import { killed } from "./killed.ts";
import { fourRacks, twoShards } from "./many-cores.ts";
import { flood, rate10, rate100, rate8000 } from "./rate.ts";
import { reload } from "./reload.ts";
import { silentClients } from "./silent-clients.ts";
import { soak } from "./soak.ts";
import { start1000, start10000 } from "./start.ts";
import { stuckViewer } from "./stuck-viewer.ts";
import { takeover } from "./takeover.ts";
import { vanish } from "./vanish.ts";

/** All cases, in the order in which they run and are shown. */
export const CASES: readonly Case[] = [
  ...[start1000, rate100, rate10, attach, attachStock, echo, flood],
  ...[rate8000, bootStorm, fourRacks, twoShards],
  ...[idle, start10000, reload, ipmi, stuckViewer, bulk, vanish, silentClients, disk, killed, takeover],
  ...[headLoad, headList, headWatchers, headRestart, soak],
];
