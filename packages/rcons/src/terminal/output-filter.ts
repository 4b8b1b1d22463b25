/**
 * Stands between a console and the terminal of a person: what comes out is shown. The seam for
 * terminal safety; a filter may keep back the beginning of a sequence until the rest has come.
 */
export type OutputFilter = (data: Uint8Array) => Uint8Array;

/** Shows what the console sent, to the byte. */
export const unfiltered: OutputFilter = (data) => data;
