import { neutralise } from "@confed/kernel";

/** How one column is laid out. The last column is as wide as its text. */
export interface Column {
  readonly title: string;
  /** Where later pages may hold longer words than the first. */
  readonly widthMin?: number;
  /** Wider text pushes the rest of its line. */
  readonly widthMax: number;
}

/** Wider than any column needs: hostile names are cut. */
const CELL_LENGTH_MAX = 300;

/**
 * Lays out rows page by page: the widths are those of the first page, so a listing of any length
 * takes the memory of one. Text from outside is made harmless.
 */
export class Table {
  readonly #columns: readonly Column[];
  #widths: readonly number[] | undefined;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
  }

  /** The lines of one more page, the titles before the first. */
  page(rows: readonly (readonly string[])[]): readonly string[] {
    const safe = rows.map((row) => row.map((cell) => neutralise(cell, CELL_LENGTH_MAX)));
    if (this.#widths !== undefined) return safe.map((row) => this.#line(row));
    this.#widths = this.#columns.map(({ title, widthMin = 0, widthMax }, column) =>
      Math.min(widthMax, Math.max(title.length, widthMin, ...safe.map((row) => row[column]?.length ?? 0))),
    );
    return [this.#line(this.#columns.map(({ title }) => title)), ...safe.map((row) => this.#line(row))];
  }

  #line(row: readonly string[]): string {
    const last = row.length - 1;
    return row
      .map((cell, column) => (column === last ? cell : cell.padEnd(this.#widths?.[column] ?? 0)))
      .join("  ")
      .trimEnd();
  }
}
