import { type ConfigFiles, type Fault, nearestWord } from "@confed/config";
import { ConfedError, neutralise } from "@confed/kernel";
import { type FilePlace, type Word, WordReader } from "./word-reader.ts";

/** The kinds of blocks of conserver.cf(5), as they are written in any case. */
export const BLOCK_KINDS = ["config", "access", "group", "default", "console", "break", "task"] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** `key value;` */
export interface Item {
  /** In lower case; one of those that the reader was given for the kind. */
  readonly key: string;
  readonly value: string;
  /** Of the key. */
  readonly at: FilePlace;
}

/** `kind name { items }` */
export interface Block {
  readonly kind: BlockKind;
  readonly name: string;
  readonly items: readonly Item[];
  /** Of the name. */
  readonly at: FilePlace;
  /** False: it broke off, so what it says does not count. */
  readonly whole: boolean;
}

/** Tells what is wrong with a block or an item of it; the block is the subject. */
export type Refuse = (at: FilePlace, message: string, hint?: string) => void;

/** What {@link readBlocks} works with. */
export interface BlockReading {
  readonly files: ConfigFiles;
  /** The keys that a block of each kind may have. */
  readonly keys: Readonly<Record<BlockKind, ReadonlySet<string>>>;
  readonly fault: (fault: Fault) => void;
}

// Of conserver.cf(5): files within files, the first one counted.
const INCLUDE_DEPTH_MAX = 10;

/** Files that all includes together may read: two that include each other twice would double ten times. */
const INCLUDED_FILES_MAX = 1_000;

/**
 * Every block of a file and of what it includes, in order. What is wrong is told, and skipped as
 * conserver skips it: an unknown key with its value, a block that breaks off, a file that cannot be
 * read. Rejects only if the first file cannot be read.
 */
export async function readBlocks(path: string, reading: BlockReading): Promise<readonly Block[]> {
  const builder = new BlockBuilder(reading);
  const open = [await openFile(path, reading)];
  let filesCount = 1;
  for (let reader = open.at(-1); reader !== undefined; reader = open.at(-1)) {
    const word = reader.next(builder.spaced);
    if (word === undefined) open.pop();
    else if (word.kind !== "include") builder.take(word);
    else if (open.length >= INCLUDE_DEPTH_MAX || filesCount >= INCLUDED_FILES_MAX) {
      reading.fault({
        ...word.at,
        message: `${word.text} is not read: more than ${INCLUDE_DEPTH_MAX} files within files, or ${INCLUDED_FILES_MAX} in all`,
        hint: "does it include itself?",
      });
    } else {
      filesCount += 1;
      const included = await openFile(word.text, reading).catch((reason: unknown) => {
        const { rawMessage } = ConfedError.from(reason);
        reading.fault({ ...word.at, message: `${word.text} cannot be included: ${rawMessage}` });
      });
      if (included !== undefined) open.push(included);
    }
  }
  builder.end();
  return builder.blocks;
}

async function openFile(path: string, { files, fault }: BlockReading): Promise<WordReader> {
  const text = Buffer.from(await files.read(path)).toString("utf8");
  return new WordReader(path, text, (at, message, hint) => {
    fault({ ...at, message, hint });
  });
}

/** What may come next. */
type Expected = "kind" | "name" | "{" | "key" | "value" | ";";

/** Puts words together. What stands between a mistake and the next thing that makes sense is one fault. */
class BlockBuilder {
  readonly blocks: Block[] = [];
  readonly #reading: BlockReading;
  #expected: Expected = "kind";
  #kind: BlockKind = "config";
  #name: Word | undefined;
  #key: Word | undefined;
  #items: Item[] = [];
  #confused = false;

  constructor(reading: BlockReading) {
    this.#reading = reading;
  }

  /** Blanks belong to names and values only. */
  get spaced(): boolean {
    return this.#expected === "name" || this.#expected === "value";
  }

  take(word: Word): void {
    switch (this.#expected) {
      case "kind":
        return this.#takeKind(word);
      case "name":
        return this.#takeName(word);
      case "{":
        if (word.kind === "{") this.#expected = "key";
        else if (word.kind === "}") this.#breakOff(word);
        else this.#fault(word, `a { is missing before ${quote(word)}`);
        return;
      case "key":
        return this.#takeKey(word);
      case "value":
        return this.#takeValue(word);
      case ";":
        if (word.kind === ";") this.#expected = "key";
        else if (word.kind === "}") this.#breakOff(word);
        else this.#fault(word, `a ; is missing before ${quote(word)}`);
        return;
    }
  }

  /** The last file is at its end. */
  end(): void {
    if (this.#expected === "kind") return;
    const last = this.#key ?? this.#name;
    if (last !== undefined) {
      this.#reading.fault({
        ...(this.#name ?? last).at,
        message: `the file ends inside this ${this.#kind} block`,
        hint: "close it with }",
        subject: this.#subject(),
      });
    }
    if (this.#name !== undefined) this.#finish(false);
  }

  #takeKind(word: Word): void {
    const kind = BLOCK_KINDS.find((each) => each === word.text.toLowerCase());
    if (word.kind === "word" && kind !== undefined) {
      this.#kind = kind;
      this.#expected = "name";
      this.#name = undefined;
      this.#key = undefined;
      this.#items = [];
      this.#confused = false;
      return;
    }
    this.#fault(word, `${quote(word)} begins no block`, `a block is one of ${BLOCK_KINDS.join(", ")}`);
  }

  #takeName(word: Word): void {
    if (word.kind === "word") {
      this.#name = word;
      this.#expected = "{";
      this.#confused = false;
      return;
    }
    this.#fault(word, `the name of the ${this.#kind} block is missing`);
    if (word.kind === "}") this.#expected = "kind";
  }

  #takeKey(word: Word): void {
    const key = word.text.toLowerCase();
    if (word.kind === "}") return this.#finish(true);
    if (word.kind === "word" && this.#reading.keys[this.#kind].has(key)) {
      this.#key = word;
      this.#expected = "value";
      this.#confused = false;
      return;
    }
    this.#fault(
      word,
      word.kind === "word"
        ? `${quote(word)} is no key of a ${this.#kind} block`
        : `a key is missing before ${quote(word)}`,
      word.kind === "word" ? keysHint(this.#reading.keys[this.#kind], key) : undefined,
    );
    if (word.kind === ";") this.#confused = false;
  }

  #takeValue(word: Word): void {
    const key = this.#key;
    if (word.kind === "word" && key !== undefined) {
      this.#items.push({ key: key.text.toLowerCase(), value: word.text, at: key.at });
      this.#expected = ";";
      return;
    }
    if (word.kind === "}") return this.#breakOff(word);
    this.#fault(word, `${key?.text ?? "the key"} has no value`, 'write "" to unset it');
    if (word.kind === ";") this.#expected = "key";
  }

  /** A `}` where none may stand: conserver forgets the block. */
  #breakOff(word: Word): void {
    this.#fault(
      word,
      `the ${this.#kind} block breaks off here, and does not count`,
      "end its last line with ;",
    );
    this.#finish(false);
  }

  #finish(whole: boolean): void {
    const name = this.#name;
    this.#expected = "kind";
    this.#confused = false;
    if (name === undefined) return;
    if (name.text === "") this.#fault(name, `the name of the ${this.#kind} block is empty`);
    this.blocks.push({
      kind: this.#kind,
      name: name.text,
      items: this.#items,
      at: name.at,
      whole: whole && name.text !== "",
    });
    this.#name = undefined;
    this.#confused = false;
  }

  #fault(word: Word, message: string, hint?: string): void {
    if (this.#confused) return;
    this.#confused = true;
    this.#reading.fault({ ...word.at, message, hint, subject: this.#subject() });
  }

  #subject(): string | undefined {
    return this.#name === undefined ? undefined : `${this.#kind} ${neutralise(this.#name.text, 140)}`;
  }
}

function quote({ text }: Word): string {
  return `"${neutralise(text, 40)}"`;
}

function keysHint(keys: ReadonlySet<string>, key: string): string | undefined {
  const near = nearestWord(key, [...keys]);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}
