// node run.mjs SCENARIO JSON: runs one scenario against an emulator and prints what it saw as JSON.

import { Code, ConnectError } from "@connectrpc/connect";
import { Blocked } from "./browser.mjs";
import { Client, done } from "./client.mjs";

const hex = async (data) => Buffer.from(await crypto.subtle.digest("SHA-1", data)).toString("hex");

// The same bytes as the test makes: no two pieces of 251 bytes at the same place of a MiB are alike.
function blobOf(size) {
  const data = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) data[at] = (at * 7 + (at >> 20)) % 251;
  return new Blob([data]);
}

async function signedIn(given) {
  const client = new Client(given);
  await client.logIn(given.username, given.password);
  return client;
}

async function failure(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Blocked) return { blocked: error.message };
    if (error.cause instanceof Blocked) return { blocked: error.cause.message };
    const { code, rawMessage } = ConnectError.from(error);
    return { code: Code[code], message: rawMessage };
  }
  return null;
}

const scenarios = {
  async look({ path, ...given }) {
    const client = new Client(given);
    const info = await client.rpc.getSystemInfo({});
    const answer = await client.logIn(given.username, given.password);
    const listed = await client.list("/Cloud");
    const download = await client.fetch(await client.link(path));
    const part = await client.fetch(await client.link(path), { headers: { range: "bytes=10-19" } });
    return {
      ready: info.SystemReady,
      expires: answer.expiration !== undefined,
      names: listed.map((entry) => entry.name),
      sizes: listed.map((entry) => Number(entry.size)),
      sha1: await hex(await download.arrayBuffer()),
      part: [part.status, Buffer.from(await part.arrayBuffer()).toString("hex")],
      preflights: client.preflights,
    };
  },

  async upload({ uploads, ...given }) {
    const client = await signedIn(given);
    const results = [];
    for (const { path, size } of uploads) results.push(await client.upload(blobOf(size), path));
    return results;
  },

  async together({ uploads, ...given }) {
    const clients = await Promise.all(uploads.map(() => signedIn(given)));
    const send = ({ path, size }, number) => clients[number].upload(blobOf(size), path, { device: `device-${number}` });
    return Promise.all(uploads.map(send));
  },

  async cancel({ path, ...given }) {
    const client = await signedIn(given);
    const onStatus = async (status, uploadId) => {
      if (status !== "Transfer") return;
      await done(client.rpc.remoteUploadControl({ uploadId, control: { case: "cancel", value: {} } }));
    };
    return client.upload(blobOf(4 << 20), path, { onStatus });
  },

  async pause({ path, size, ...given }) {
    const client = await signedIn(given);
    const tell = (uploadId, what) => done(client.rpc.remoteUploadControl({ uploadId, control: { case: what, value: {} } }));
    let paused = false;
    const onStatus = async (status, uploadId) => {
      if (status === "Transfer" && !paused) {
        paused = true;
        await tell(uploadId, "pause");
      }
      if (status === "Pause") await tell(uploadId, "resume");
    };
    return client.upload(blobOf(size), path, { onStatus });
  },

  async failures(given) {
    const client = new Client(given);
    const noToken = await failure(() => client.list("/"));
    const wrong = await failure(() => client.logIn(given.username, "wrong"));
    await client.logIn(given.username, given.password);
    return {
      noToken,
      wrong,
      notFound: await failure(() => client.rpc.findFileByPath({ path: "/Cloud/没有 50%" })),
      listing: await failure(() => client.list("/Cloud/none")),
      unimplemented: await failure(() => client.rpc.listPairedControllers({})),
      noSession: await failure(() => client.rpc.remoteUploadControl({ uploadId: "none", control: { case: "pause", value: {} } })),
    };
  },

  async pushes(given) {
    const client = await signedIn(given);
    const leaving = new AbortController();
    const changed = [];
    const code = await failure(async () => {
      for await (const message of client.rpc.pushMessage({}, { signal: leaving.signal })) {
        const { case: what, value } = message.data;
        if (what === "fileSystemChange") {
          changed.push(value.path);
          leaving.abort();
        } else if (!changed.length) await client.rpc.createFolder({ parentPath: "/Cloud", folderName: "新 文件夹" });
      }
    });
    return { changed, code };
  },

  async empty(given) {
    const client = await signedIn(given);
    return failure(() => client.rpc.pauseAllUploadFiles({}));
  },

  async write({ path, size, ...given }) {
    const client = await signedIn(given);
    const at = path.lastIndexOf("/");
    const opened = await client.rpc.createFile({ parentPath: path.slice(0, at), fileName: path.slice(at + 1) });
    const data = new Uint8Array(await blobOf(size).arrayBuffer());
    async function* pieces() {
      for (let start = 0; start < size; start += 1 << 20) {
        const buffer = data.subarray(start, start + (1 << 20));
        const place = { fileHandle: opened.fileHandle, startPos: BigInt(start), length: BigInt(buffer.length) };
        yield { ...place, buffer, closeFile: start + buffer.length === size };
      }
    }
    const { bytesWritten } = await client.rpc.writeToFileStream(pieces());
    return Number(bytesWritten);
  },

  async deadline(given) {
    const client = await signedIn(given);
    return failure(() => client.rpc.getSpaceInfo({ path: "/Cloud" }, { timeoutMs: 200 }));
  },
};

const [name, parameters] = process.argv.slice(2);
console.log(JSON.stringify(await scenarios[name](JSON.parse(parameters))));
// Node would wait for connections that are kept for later.
process.exit(0);
