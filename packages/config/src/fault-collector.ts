import type { Fault } from "./fault.ts";
import { indexLines, type Position } from "./line-index.ts";
import { findMark, type Mark, type ValuePath } from "./mark.ts";
import type { SourceDocument } from "./source-document.ts";

/** Something in a document. */
export interface Place {
  readonly document: SourceDocument;
  readonly path: ValuePath;
  readonly part?: "key" | "value";
}

/** A fault whose place is not worked out yet. */
export interface PlacedFault extends Place {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly subject?: string | undefined;
  /** Another place that has to do with it; its `file:line:col` ends the message. */
  readonly other?: Place | undefined;
}

/**
 * Gathers faults while files are read. Places are worked out at the end and only if there are
 * faults: that needs the slow parser, and most configurations are right.
 */
export class FaultCollector {
  readonly #placed: PlacedFault[] = [];
  readonly #loose: Fault[] = [];
  /** In the order of reading. */
  readonly #documents: SourceDocument[] = [];

  get empty(): boolean {
    return this.#placed.length === 0 && this.#loose.length === 0;
  }

  /** Takes the faults of the text itself along. */
  addDocument(document: SourceDocument): void {
    this.#documents.push(document);
    if (document.faults.length === 0) return;
    const positionOf = indexLines(document.text);
    for (const { at, message, hint } of document.faults) {
      this.#loose.push({ file: document.file, ...positionOf(at), message, hint });
    }
  }

  add(fault: PlacedFault): void {
    this.#placed.push(fault);
  }

  /** A fault of a file that has no text. */
  addLoose(fault: Fault): void {
    this.#loose.push(fault);
  }

  /** Every fault: by file in the order of reading, then by line and column. */
  async resolve(): Promise<readonly Fault[]> {
    const locate = await this.#locator();
    const faults = this.#placed.map(({ other, ...fault }): Fault => {
      const { document, message, hint, subject } = fault;
      const also = other === undefined ? "" : ` ${other.document.file}:${positionText(locate(other))}`;
      return Object.freeze({ file: document.file, ...locate(fault), message: message + also, hint, subject });
    });
    faults.push(...this.#loose);
    const order = new Map(this.#documents.map(({ file }, index) => [file, index] as const));
    const rank = ({ file }: Fault) => order.get(file) ?? order.size;
    return Object.freeze(faults.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.col - b.col));
  }

  async #locator(): Promise<(place: Place) => Position> {
    const places = this.#placed.flatMap((fault) =>
      fault.other === undefined ? [fault] : [fault, fault.other],
    );
    const known = new Map<
      SourceDocument,
      { readonly root: Mark; readonly positionOf: (offset: number) => Position }
    >();
    for (const { document } of places) {
      if (known.has(document)) continue;
      known.set(document, { root: await document.marks(), positionOf: indexLines(document.text) });
    }
    return ({ document, path, part }) => {
      const index = known.get(document);
      return index === undefined
        ? { line: 1, col: 1 }
        : index.positionOf(findMark(index.root, path, part ?? "value"));
    };
  }
}

function positionText({ line, col }: Position): string {
  return `${line}:${col}`;
}
