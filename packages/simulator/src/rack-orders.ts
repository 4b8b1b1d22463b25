import { ConfedError, type ErrorCode, isErrorCode } from "@confed/kernel";
import type { Rack } from "./rack.ts";

// What goes between a rack in a child process and whoever started it: JSON, one message a line.
//
//     child:   {"listening": {ports}}                        once, first
//     parent:  {"id": 1, "order": {"do": "flood", ...}}      any number, any time
//     child:   {"id": 1, "done": result}  or  {"id": 1, "failed": {code, message, ...}}

/** Everything a rack can be told and asked. */
export type RackOrder =
  | { readonly do: "hang_up"; readonly index: number }
  | { readonly do: "flood"; readonly index: number; readonly bytes: number }
  | { readonly do: "silence"; readonly index: number; readonly on: boolean }
  | { readonly do: "printing"; readonly on: boolean }
  | { readonly do: "sent"; readonly index: number }
  | { readonly do: "sent_all" }
  | { readonly do: "stats" }
  | { readonly do: "lateness" };

/** A ConfedError as it crosses. */
export interface FailedOrder {
  readonly code: string;
  readonly message: string;
  readonly subject?: string | undefined;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

/** Do one order. Rejects with "invalid_argument" for what is none. */
export async function obey(rack: Rack, order: RackOrder): Promise<unknown> {
  switch (order.do) {
    case "hang_up":
      return rack.hangUp(order.index);
    case "flood":
      return rack.flood(order.index, order.bytes);
    case "silence":
      return rack.silence(order.index, order.on);
    case "printing":
      return rack.printing(order.on);
    case "sent":
      return rack.sent(order.index);
    case "sent_all":
      return rack.sentAll();
    case "stats":
      return rack.stats();
    case "lateness":
      return rack.lateness();
    default:
      // It came as JSON from outside; types cannot promise that the list above is all.
      throw new ConfedError("invalid_argument", `not an order: ${JSON.stringify(order)}`, {
        subject: "order",
      });
  }
}

export function toFailedOrder(reason: unknown): FailedOrder {
  const { code, rawMessage: message, subject, where, hint } = ConfedError.from(reason);
  return { code, message, subject, where, hint };
}

export function fromFailedOrder({ code, message, ...context }: FailedOrder): ConfedError {
  const known: ErrorCode = isErrorCode(code) ? code : "internal";
  return new ConfedError(known, message, context);
}
