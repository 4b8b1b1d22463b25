/** Which way the bytes of an attach may go. */
export const ROUTE_POLICIES = ["direct", "relay", "auto"] as const;

/** See {@link ROUTE_POLICIES}. */
export type RoutePolicy = (typeof ROUTE_POLICIES)[number];
