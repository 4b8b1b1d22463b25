import { join } from "node:path";
import { inspect } from "node:util";
import { Secret } from "@confed/kernel";
import { FakeClock, LinkRecorder } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SshTestBench } from "./ssh-test-bench.ts";
import { makeHostKey } from "./ssh-test-server.ts";

let bench: SshTestBench<FakeClock, LinkRecorder>;
beforeEach(() => {
  bench = new SshTestBench(new FakeClock(), () => new LinkRecorder());
});
afterEach(async () => {
  await bench.end();
  expect(bench.clock.pending, "timers left").toBe(0);
});

const secret = (text: string) => async () => new Secret(text);

const failure = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => expect.fail("open resolved"),
    (reason: unknown) => reason,
  );

describe("logging in", () => {
  test("a refusal names what was tried and what is offered, and no secret", async () => {
    const { open, where } = await bench.start({
      authenticate: (context) => context.reject(["password", "keyboard-interactive"]),
    });
    const error = await failure(open({ password: secret("hunter2"), privateKey: secret(makeHostKey()) }));
    expect(error).toMatchObject({
      code: "auth_failed",
      rawMessage: `${where} refused password, keyboard-interactive for root; it offers password, keyboard-interactive`,
      where,
    });
    expect(inspect(error, { depth: 10 })).not.toContain("hunter2");
  });

  test("a method that the server does not take is said", async () => {
    const { open, where } = await bench.start({ authenticate: (context) => context.reject(["publickey"]) });
    expect(await failure(open())).toMatchObject({
      code: "auth_failed",
      rawMessage: `${where} does not take password, keyboard-interactive for root; it offers publickey`,
    });
    expect(await failure(open({ password: undefined }))).toMatchObject({
      code: "auth_failed",
      rawMessage: `${where} refused to let root in without credentials; it offers publickey`,
    });
  });

  test("key, then password, where the server wants both", async () => {
    const key = makeHostKey();
    const { open } = await bench.start({
      authenticate: (context) => {
        if (context.method === "publickey" && context.signature === undefined) context.accept();
        else if (context.method === "publickey") context.reject(["password"], true);
        else if (context.method === "password" && context.password === "secret") context.accept();
        else context.reject(["publickey"]);
      },
    });
    const { link } = await open({ privateKey: secret(key) });
    await link.close();
  });

  test("keyboard-interactive answers the password to what does not echo", async () => {
    const answers: string[][] = [];
    const { open } = await bench.start({
      authenticate: (context) => {
        if (context.method !== "keyboard-interactive") {
          context.reject(["keyboard-interactive"]);
          return;
        }
        const prompts = [
          { prompt: "Name:", echo: true },
          { prompt: "Password:", echo: false },
        ];
        context.prompt(prompts, (given) => {
          answers.push(given);
          context.accept();
        });
      },
    });
    const { link } = await open();
    expect(answers).toEqual([["", "secret"]]);
    await link.close();
  });

  test("a server that asks for ever is given up", async () => {
    const { open } = await bench.start({
      authenticate: (context) => {
        if (context.method !== "keyboard-interactive") {
          context.reject(["keyboard-interactive"]);
          return;
        }
        const ask = () => {
          context.prompt([{ prompt: "Password:", echo: false }], ask);
        };
        ask();
      },
    });
    const error = await failure(open());
    expect(error).toMatchObject({ code: "auth_failed" });
    expect(String(error)).toContain("asked more than");
  });

  test("secrets are read at each login", async () => {
    const words = ["old", "secret"];
    const { open } = await bench.start();
    const password = async () => new Secret(words.shift() ?? "");
    expect(await failure(open({ password }))).toMatchObject({ code: "auth_failed" });
    const { link } = await open({ password });
    await link.close();
  });

  test("a connection that closes on the password is a refusal", async () => {
    const { open, server: far } = await bench.start({
      authenticate: (context) => {
        if (context.method === "password") for (const socket of far.sockets) socket.end();
        else context.reject(["password"]);
      },
    });
    const error = await failure(open());
    expect(error).toMatchObject({ code: "auth_failed" });
    expect(String(error)).toContain("it closed the connection");
  });

  test("a key that cannot be read and an agent that is not there are named", async () => {
    const { open } = await bench.start();
    const error = await failure(open({ privateKey: secret("no key") }));
    expect(error).toMatchObject({ code: "auth_failed", subject: "privateKey" });
    const agentless = await failure(
      (await bench.start({ authenticate: (context) => context.reject(["publickey"]) })).open({
        password: undefined,
        agentSocket: join(bench.directory, "nobody"),
      }),
    );
    expect(agentless).toMatchObject({ code: "auth_failed" });
    expect(String(agentless)).toContain(join(bench.directory, "nobody"));
  });

  test("a server without a login lets us in", async () => {
    const { open } = await bench.start({ authenticate: (context) => context.accept() });
    const { link } = await open({ password: undefined });
    await link.close();
  });
});
