/** Takes back what was armed. Calling it twice, or after it fired, does nothing. */
export type Cancel = () => void;

/** The only source of time. Nothing else may call Date.now, setTimeout or setInterval. */
export interface Clock {
  /** Monotonic milliseconds. Not wall time; use `wallTimeMs` for what people read. */
  nowMs(): number;
  /** Milliseconds since 1970, as the host believes; may jump. Never used to order anything. */
  wallTimeMs(): number;
  /** Run once, not before `delayMs` has passed. Keeps the process alive until then. */
  after(delayMs: number, run: () => void): Cancel;
}
