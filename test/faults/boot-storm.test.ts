import { consoleTable, describeLateness, spawnRack, verifyLogFiles } from "@confed/simulator";
import { ConfedRig, readToTheEnd } from "@confed/testkit";
import { expect, test } from "vitest";

const CONSOLES = 200;
/** 115,200 baud, 8N1: 11.5 KB/s. */
const LINE = { linesPerSecond: 144, lineBytes: 80 };

test(`${CONSOLES} consoles that boot at once, at line rate, lose nothing, twice`, async () => {
  const rig = new ConfedRig();
  await using rack = await spawnRack({ consoles: CONSOLES, ...LINE });
  await rack.printing(false);
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const names = Array.from({ length: CONSOLES }, (_, index) => rack.consoleName(index));
  await Promise.all(names.map((console) => agent.process.logged("console up", { console })));
  for (const _round of [1, 2]) {
    await rack.printing(true);
    const before = (await rack.stats()).lines;
    // Three seconds of it, measured in what was printed.
    const enough = before + 3 * CONSOLES * LINE.linesPerSecond;
    const viewer = rig.attach(agent, { console: names[7] ?? "" });
    await viewer.whenOpened();
    const seen = viewer.output.length;
    while ((await rack.stats()).lines < enough) await viewer.until(() => viewer.output.length > seen);
    await rack.printing(false);
    viewer.stream.end();
    await viewer.whenEnded();
  }
  const lateness = await rack.lateness();
  await readToTheEnd(rack, agent.process);
  await agent.process.stop();
  for (const sent of await rack.sentAll()) {
    expect(agent.gaps(sent.console)).toEqual([]);
    expect(await verifyLogFiles([agent.logPath(sent.console)], sent)).toMatchObject({
      exact: true,
      excused: [],
      cutShort: 0,
    });
  }
  process.stdout.write(`${describeLateness(lateness)}\n`);
});
