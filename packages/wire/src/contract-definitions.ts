import { invariant } from "@confed/kernel";
import type { MethodDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { contract } from "./generated/contract.ts";

const definitions = fromJSON(contract as Parameters<typeof fromJSON>[0], {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** One method of the contract; which messages it carries is known to services.ts only. */
export type MethodShape = MethodDefinition<object, object>;

/** The methods of one service of the contract, their serializers wrapped to take encoded messages. */
export function serviceDefinition(name: "Agent" | "Head"): Record<string, MethodShape> {
  const found = definitions[`confed.v1.${name}`];
  invariant(found !== undefined && !("format" in found), `the contract has no service ${name}`);
  return Object.fromEntries(
    Object.entries(found as Record<string, MethodShape>).map(([method, shape]) => [
      method,
      withEncoded(shape),
    ]),
  );
}

/** Encodes and decodes messages of one type outside a call, for what is encoded once and sent to many. */
export function messageCodec(name: string): {
  encode(message: object): Buffer;
  decode(bytes: Uint8Array): unknown;
} {
  const found = definitions[`confed.v1.${name}`];
  invariant(found !== undefined && "serialize" in found, `the contract has no message ${name}`);
  const type = found as { serialize(message: object): Buffer; deserialize(bytes: Buffer): unknown };
  return {
    encode: (message) => type.serialize(message),
    decode: (bytes) => type.deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  };
}

/** A message already in its wire form. Sent as it is; may be sent to many. */
export class Encoded {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

function withEncoded(shape: MethodShape): MethodShape {
  const { requestSerialize, responseSerialize } = shape;
  return {
    ...shape,
    requestSerialize: (message) => (message instanceof Encoded ? message.bytes : requestSerialize(message)),
    responseSerialize: (message) => (message instanceof Encoded ? message.bytes : responseSerialize(message)),
  };
}
