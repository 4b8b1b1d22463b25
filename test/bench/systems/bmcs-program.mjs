// @ts-check
// BMCs that print through Serial over LAN, in a process of their own. Arguments: how many, the second
// octet of their addresses, the port of all of them. Orders are lines, answers are JSON:
//   rate LINES   from now on so many lines of 80 bytes a second on each, spread over the second
//   quiet        no more
//   reset        forget how long acknowledgements took
//   report       what was printed and acknowledged
import { createInterface } from "node:readline";
import { systemClock, TimerWheel } from "@confed/kernel";
import { startFakeBmc } from "@confed/simulator";

const [count = 0, octet = 66, port = 0] = process.argv.slice(2).map(Number);
const TICK_MS = 20;
const LINE_BYTES = 80;

/** @typedef {import("@confed/simulator").ConsoleLink} ConsoleLink */
/** @type {{ link: ConsoleLink | undefined, printedAtMs: number, lines: number }[]} */
const consoles = [];
/** @type {number[]} */
let tookMs = [];
let active = 0;
let activations = 0;
/** @type {number[]} */
let lateMs = [];
/** @type {NodeJS.Timeout | undefined} */
let printing;
const timers = new TimerWheel(systemClock, { tickMs: TICK_MS, slotCount: 512 });

for (let index = 0; index < count; index += 1) {
  /** @type {(typeof consoles)[number]} */
  const console = { link: undefined, printedAtMs: 0, lines: 0 };
  consoles.push(console);
  await startFakeBmc(
    { address: `127.${octet}.${(index + 1) >> 8}.${(index + 1) & 255}`, port },
    {
      timers,
      attach(link) {
        console.link = link;
        active += 1;
        activations += 1;
        if (active === count) say({ event: "active", atUs: Math.round(systemClock.wallTimeMs() * 1_000) });
        return {
          input() {},
          // Called when the far end has acknowledged everything.
          drained() {
            tookMs.push(performance.now() - console.printedAtMs);
          },
          breakReceived() {},
          inputEnded() {},
          closed() {
            console.link = undefined;
            active -= 1;
          },
        };
      },
    },
  );
}
say({ ready: count });

createInterface(process.stdin)
  .on("line", (line) => {
    const [order, number] = line.split(" ");
    if (order === "rate") print(Number(number));
    else if (order === "quiet") clearInterval(printing);
    else if (order === "reset") {
      tookMs = [];
      lateMs = [];
    }
    say(order === "report" ? report() : {});
  })
  .on("close", () => process.exit(0));

/** @param {number} linesPerSecond */
function print(linesPerSecond) {
  let [next, due, lastMs] = [0, 0, performance.now()];
  printing = setInterval(() => {
    const nowMs = performance.now();
    lateMs.push(Math.max(0, nowMs - lastMs - TICK_MS));
    due += ((nowMs - lastMs) / 1_000) * linesPerSecond * count;
    lastMs = nowMs;
    for (; due >= 1; due -= 1) {
      const index = next++ % count;
      const console = consoles[index];
      // As a serial line does: what nobody takes is not printed.
      if (console?.link === undefined || console.link.pendingBytes() > 0) continue;
      console.printedAtMs = performance.now();
      console.lines += 1;
      const text = `b${index} line ${console.lines} `.padEnd(LINE_BYTES - 2, "x");
      console.link.write(Buffer.from(`${text}\r\n`));
    }
  }, TICK_MS);
}

function report() {
  return {
    active,
    activations,
    acknowledged: tookMs.length,
    ackP50Ms: quantile(tookMs, 0.5),
    ackP99Ms: quantile(tookMs, 0.99),
    ackMaxMs: quantile(tookMs, 1),
    waiting: consoles.filter(({ link }) => (link?.pendingBytes() ?? 0) > 0).length,
    lines: consoles.reduce((sum, console) => sum + console.lines, 0),
    bytesOfEach: consoles.map((console) => console.lines * LINE_BYTES).join(" "),
    lateP99Ms: quantile(lateMs, 0.99),
  };
}

/**
 * @param {number[]} values
 * @param {number} part
 */
function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

/** @param {object} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
