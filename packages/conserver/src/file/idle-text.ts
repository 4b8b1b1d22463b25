import { breakSteps } from "./break-sequence.ts";

/** What an idlestring types, in parts where it pauses. Its serial breaks are left out, and what is no text. */
export function typedTexts(idlestring: string): readonly string[] {
  return breakSteps(idlestring).flatMap((step) =>
    step.type === "send" && isText(step.bytes) ? [Buffer.from(step.bytes).toString()] : [],
  );
}

/** True: all of it can be typed. */
export function isTyped(idlestring: string): boolean {
  return breakSteps(idlestring).every(
    (step) => step.type !== "serial_break" && (step.type === "pause" || isText(step.bytes)),
  );
}

function isText(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString()).equals(bytes);
}
