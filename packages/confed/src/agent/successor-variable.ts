/** Set for a process that is to take over from the one that started it. */
export const SUCCESSOR_VARIABLE = "CONFED_SUCCESSOR";
