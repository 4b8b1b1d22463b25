import { ConfedError, invariant } from "@confed/kernel";
import type {
  Inlet,
  Position,
  TailBatch,
  TailBatchReceived,
  TailGapReceived,
  TailNamesReceived,
  TailResponse,
  TailResponseReceived,
  Ticket,
} from "@confed/wire";
import type { AgentLink } from "../attach/agent-link.ts";
import { agentLoss } from "../attach/agent-loss.ts";
import { checkPosition, knownDetail } from "../directory/known-status.ts";
import type { TailedConsole, TailNumbers } from "./tail-numbers.ts";

export interface TailSourceParts {
  readonly link: AgentLink;
  readonly numbers: TailNumbers;
  readonly from: ReadonlyMap<string, Position>;
  /** What the agent is shown, once. */
  readonly ticket: () => Ticket | null;
  readonly send: (message: TailResponse) => void;
  /** It ended by itself. Called once, never after `stop`. */
  readonly onEnd: (source: TailSource, error: ConfedError) => void;
}

/** The tail of some consoles of one agent, renumbered for the receiver. */
export class TailSource {
  /** Asked for here. What else the agent sends is dropped: it is another's. */
  readonly names: Set<string>;
  readonly #parts: TailSourceParts;
  /** By the numbers of the agent's stream. */
  readonly #consoles = new Map<number, TailedConsole>();
  #inlet: Inlet<TailResponseReceived> | undefined;
  readonly #stopped = new AbortController();
  #paused = false;
  #over = false;

  constructor(names: readonly string[], parts: TailSourceParts) {
    this.names = new Set(names);
    this.#parts = parts;
    void this.#open();
  }

  /** True once the agent has answered. */
  get answered(): boolean {
    return this.#consoles.size > 0;
  }

  pause(): void {
    this.#paused = true;
    this.#inlet?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#inlet?.resume();
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopped.abort(new ConfedError("canceled", "nobody wants this tail any more"));
    if (this.#inlet !== undefined) this.#parts.link.retire("control", this.#inlet);
  }

  async #open(): Promise<void> {
    const { link, numbers, from, ticket } = this.#parts;
    try {
      const client = await link.client("control", this.#stopped.signal);
      const positions: Record<string, Position> = {};
      for (const name of this.names) {
        const position = numbers.position(name) ?? from.get(name);
        if (position !== undefined) positions[name] = position;
      }
      // Its own signal never aborts: tails that end all at once are retired one by one.
      const request = { selection: [...this.names].join(","), from: positions, ticket: ticket() };
      const inlet = client.tail(request, { signal: new AbortController().signal });
      this.#inlet = inlet;
      inlet.receive(
        (message) => {
          this.#receive(message);
        },
        (error) => {
          this.#end(agentLoss(link.agent, error));
        },
      );
      if (this.#paused) inlet.pause();
    } catch (reason) {
      this.#end(ConfedError.from(reason));
    }
  }

  #receive({ names, batch, gap, notice }: TailResponseReceived): void {
    if (this.#over) return;
    try {
      if (names) this.#names(names);
      else if (batch) this.#batch(batch);
      else if (gap) this.#gap(gap);
      else if (notice) this.#parts.send({ notice: knownDetail(notice) });
    } catch (reason) {
      const error = ConfedError.from(reason);
      if (this.#inlet !== undefined) this.#parts.link.retire("control", this.#inlet);
      this.#end(error);
    }
  }

  #names({ names, ended: endedNumbers }: TailNamesReceived): void {
    const ended = endedNumbers.flatMap((number) => this.#consoleEnded(number) ?? []);
    if (ended.length > 0) this.#parts.send({ names: { ended } });
    const renamed = [];
    for (const { number, console: name, start } of names) {
      // Nobody asked for it: its records are dropped like those of a number nobody named.
      if (!this.names.has(name)) continue;
      if (start === null) throw malformed(`${name} begins nowhere`);
      const begun = this.#parts.numbers.begin(name, checkPosition(start, name));
      this.#consoles.set(number, begun.console);
      if (begun.renamed) renamed.push({ number: begun.console.number, console: name, start });
    }
    if (renamed.length > 0) this.#parts.send({ names: { names: renamed } });
  }

  // Kept among those asked for: should its agent have it again, the agent says so in this stream.
  #consoleEnded(number: number): number | undefined {
    const console = this.#consoles.get(number);
    this.#consoles.delete(number);
    if (console === undefined || !this.names.has(console.name)) return undefined;
    return this.#parts.numbers.end(console.name);
  }

  #batch({ consoles, offsets, lengths, data }: TailBatchReceived): void {
    if (offsets.length !== consoles.length || lengths.length !== consoles.length) {
      throw malformed("a batch whose lists differ in length");
    }
    const passed = { consoles: [] as number[], offsets: [] as number[], lengths: [] as number[] };
    const pieces: Buffer[] = [];
    let at = 0;
    for (let record = 0; record < consoles.length; record++) {
      const number = consoles[record];
      const offset = offsets[record];
      const length = lengths[record];
      invariant(number !== undefined && offset !== undefined && length !== undefined, "counted above");
      const end = at + length;
      if (end > data.length || !Number.isSafeInteger(offset + length))
        throw malformed("a batch shorter than it says");
      const console = this.#consoles.get(number);
      if (console !== undefined && this.names.has(console.name)) {
        passed.consoles.push(console.number);
        passed.offsets.push(offset);
        passed.lengths.push(length);
        pieces.push(data.subarray(at, end));
        console.offset = offset + length;
      }
      at = end;
    }
    if (pieces.length === 0) return;
    const whole = pieces.length === consoles.length && at === data.length;
    const batch: TailBatch = { ...passed, data: whole ? data : Buffer.concat(pieces) };
    this.#parts.send({ batch });
  }

  #gap({ number, gap }: TailGapReceived): void {
    const console = this.#consoles.get(number);
    if (gap === null || console === undefined || !this.names.has(console.name)) return;
    if (!Number.isSafeInteger(gap.to)) throw malformed(`${console.name} has a gap to beyond 2^53`);
    if (gap.logId === console.logId) console.offset = gap.to;
    this.#parts.send({ gap: { number: console.number, gap } });
  }

  #end(error: ConfedError): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.onEnd(this, error);
  }
}

function malformed(what: string): ConfedError {
  return new ConfedError("protocol_error", `the agent's tail says ${what}`);
}
