/** As much of better-sqlite3 as the store process uses (https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md). */
declare module "better-sqlite3" {
  export interface Statement {
    run(...values: readonly unknown[]): { readonly changes: number };
    get(...values: readonly unknown[]): unknown;
    iterate(...values: readonly unknown[]): Iterable<unknown>;
  }

  export default class Database {
    constructor(path: string, options?: { readonly timeout?: number });
    pragma(text: string, options?: { readonly simple?: boolean }): unknown;
    exec(sql: string): this;
    prepare(sql: string): Statement;
    close(): void;
  }
}
