// node run.mjs SCENARIO JSON: runs one scenario against an emulator and prints what it saw as JSON.

import { Code, ConnectError } from "@connectrpc/connect";
import { Blocked } from "./browser.mjs";
import { done, Page } from "./page.mjs";

const hex = async (data) => Buffer.from(await crypto.subtle.digest("SHA-1", data)).toString("hex");

// The same bytes as the test makes: no two pieces of 251 bytes at the same place of a MiB are alike.
function blobOf(size) {
  const data = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) data[at] = (at * 7 + (at >> 20)) % 251;
  return new Blob([data]);
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
  async look({ url, username, password, path }) {
    const page = new Page(url);
    const info = await page.rpc.getSystemInfo({});
    const answer = await page.logIn(username, password);
    const listed = await page.list("/Cloud");
    const download = await page.fetch(await page.link(path));
    const part = await page.fetch(await page.link(path), { headers: { range: "bytes=10-19" } });
    return {
      ready: info.SystemReady,
      expires: answer.expiration !== undefined,
      names: listed.map((entry) => entry.name),
      sizes: listed.map((entry) => Number(entry.size)),
      sha1: await hex(await download.arrayBuffer()),
      part: [part.status, Buffer.from(await part.arrayBuffer()).toString("hex")],
      preflights: page.preflights,
    };
  },

  async upload({ url, username, password, uploads }) {
    const page = new Page(url);
    await page.logIn(username, password);
    const results = [];
    for (const { path, size } of uploads) results.push(await page.upload(blobOf(size), path));
    return results;
  },

  async together({ url, username, password, uploads }) {
    const pages = uploads.map(() => new Page(url));
    await Promise.all(pages.map((page) => page.logIn(username, password)));
    const send = ({ path, size }, number) => pages[number].upload(blobOf(size), path, { device: `page-${number}` });
    return Promise.all(uploads.map(send));
  },

  async cancel({ url, username, password, path }) {
    const page = new Page(url);
    await page.logIn(username, password);
    const onStatus = async (status, uploadId) => {
      if (status !== "Transfer") return;
      await done(page.rpc.remoteUploadControl({ uploadId, control: { case: "cancel", value: {} } }));
    };
    return page.upload(blobOf(4 << 20), path, { onStatus });
  },

  async pause({ url, username, password, path, size }) {
    const page = new Page(url);
    await page.logIn(username, password);
    const tell = (uploadId, what) => done(page.rpc.remoteUploadControl({ uploadId, control: { case: what, value: {} } }));
    let paused = false;
    const onStatus = async (status, uploadId) => {
      if (status === "Transfer" && !paused) {
        paused = true;
        await tell(uploadId, "pause");
      }
      if (status === "Pause") await tell(uploadId, "resume");
    };
    return page.upload(blobOf(size), path, { onStatus });
  },

  async failures({ url, username, password }) {
    const page = new Page(url);
    const noToken = await failure(() => page.list("/"));
    const wrong = await failure(() => page.logIn(username, "wrong"));
    await page.logIn(username, password);
    return {
      noToken,
      wrong,
      notFound: await failure(() => page.rpc.findFileByPath({ path: "/Cloud/没有 50%" })),
      listing: await failure(() => page.list("/Cloud/none")),
      unimplemented: await failure(() => page.rpc.listPairedControllers({})),
      noSession: await failure(() => page.rpc.remoteUploadControl({ uploadId: "none", control: { case: "pause", value: {} } })),
    };
  },

  async pushes({ url, username, password }) {
    const page = new Page(url);
    await page.logIn(username, password);
    const leaving = new AbortController();
    const changed = [];
    const code = await failure(async () => {
      for await (const message of page.rpc.pushMessage({}, { signal: leaving.signal })) {
        const { case: what, value } = message.data;
        if (what === "fileSystemChange") {
          changed.push(value.path);
          leaving.abort();
        } else if (!changed.length) await page.rpc.createFolder({ parentPath: "/Cloud", folderName: "新 文件夹" });
      }
    });
    return { changed, code };
  },

  async empty({ url, username, password }) {
    const page = new Page(url);
    await page.logIn(username, password);
    return failure(() => page.rpc.pauseAllUploadFiles({}));
  },

  async deadline({ url, username, password }) {
    const page = new Page(url);
    await page.logIn(username, password);
    return failure(() => page.rpc.getSpaceInfo({ path: "/Cloud" }, { timeoutMs: 200 }));
  },
};

const [name, parameters] = process.argv.slice(2);
console.log(JSON.stringify(await scenarios[name](JSON.parse(parameters))));
