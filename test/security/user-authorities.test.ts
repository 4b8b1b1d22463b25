import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RconsRun, runConfed } from "@confed/testkit";
import { expect, test } from "vitest";
import { Cluster } from "./cluster.ts";

/** An authority as xCAT makes its own, and the file that it gives a user. */
function xcat(directory: string, name = "xCAT CA") {
  mkdirSync(directory, { recursive: true });
  const openssl = (...args: string[]) => {
    execFileSync("openssl", args, { cwd: directory, stdio: "ignore" });
  };
  const ca = ["-subj", `/CN=${name}`, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"];
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", ...ca);
  return (user: string, file: string, subject = `/CN=${user}`) => {
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", "u.key", "-out", "u.csr");
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    openssl("x509", "-req", "-in", "u.csr", ...by, "-days", "1", "-out", "u.pem");
    const both =
      readFileSync(join(directory, "u.key"), "utf8") + readFileSync(join(directory, "u.pem"), "utf8");
    writeFileSync(file, both, { mode: 0o600 });
  };
}

test("who has a certificate of xCAT is a user here by its rule, with the roles of that name, and nobody else is", async () => {
  const cluster = new Cluster();
  const place = join(cluster.directory, "xcat");
  const issue = xcat(place);
  const strangers = xcat(join(cluster.directory, "strangers"), "other CA");
  const forgers = xcat(join(cluster.directory, "forgers"));
  const userAuthorities = [{ file: join(place, "ca.pem"), match: "(.*)@site" }];
  const head = await cluster.head("head", { tls: "on", userAuthorities });
  await cluster.agent("sn01", (await cluster.enrolled(head)).config).start();
  await head.process.logged("agent synced", { agent: "sn01" });
  await runConfed(["grant", "user:anna", "operator", "-c", head.config]);
  const { stdout } = await runConfed(["ca", "show", "-c", head.config]);
  const ca = join(cluster.directory, "machines.pem");
  writeFileSync(ca, stdout.slice(stdout.indexOf("-----BEGIN")));

  const home = join(cluster.directory, "home");
  mkdirSync(join(home, ".xcat"), { recursive: true });
  const credential = join(home, ".xcat", "client-cred.pem");
  const env = {
    HOME: home,
    XDG_STATE_HOME: "",
    CONFED_CREDENTIALS: "",
    CONFED_HEAD: head.address,
    CONFED_CA: ca,
  };
  const rcons = async (...args: string[]) => {
    const run = new RconsRun(args, env);
    run.endInput();
    return { status: await run.exited, out: run.output, said: run.stderr };
  };
  issue("anna@site", credential);
  expect(await rcons("login")).toMatchObject({ status: 0, out: expect.stringContaining("client-cred.pem") });
  expect(await rcons("whoami")).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^anna: .*write/),
  });
  expect(await rcons("ls")).toMatchObject({ status: 0, out: expect.stringContaining("n1") });
  const info = await rcons("info", "n1");
  expect(info.status).toBe(0);

  strangers("anna@site", credential);
  expect(await rcons("ls")).toMatchObject({ status: 4 });
  // Of the right name, and another key: OpenSSL ends the handshake.
  forgers("anna@site", credential);
  expect(await rcons("ls")).toMatchObject({ status: 8, out: "" });
  issue("anna", credential);
  expect(await rcons("ls")).toMatchObject({ status: 4 });
  // Two names are none.
  issue("anna@site", credential, "/CN=anna@site/CN=root@site");
  expect(await rcons("ls")).toMatchObject({ status: 4 });
});
