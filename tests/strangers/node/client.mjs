// What a program does with CloudDrive2, made with Connect's client from the contract alone: a web page over gRPC-Web, or Node over
// native gRPC with its own HTTP/2 (protocol.md §1, §8).

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createMD5, createSHA1 } from "hash-wasm";
import { pageAt } from "./browser.mjs";
import { CloudDriveFileSrv, UploadFileInfo_Status } from "./generated/clouddrive_pb.js";

const MD5 = 1;
const SHA1 = 2;
const PIECE = 1 << 20;
const ENDS = new Set(["Cancelled", "Finish", "Skipped", "Ignored", "Error", "FatalError"]);

// Servers have been seen to answer an RPC that returns Empty without any message (protocol.md §1.3). It was done, but Connect's
// client says "unimplemented: missing message".
export async function done(call) {
  try {
    await call;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (code !== Code.Unimplemented || rawMessage !== "missing message") throw error;
  }
}

export class Client {
  constructor({ url, native = false, origin = "http://page.example" }) {
    this.url = url;
    this.token = "";
    const page = pageAt(origin);
    this.fetch = native ? fetch : page.fetch;
    this.preflights = page.preflights;
    const authorize = (next) => (request) => {
      if (this.token) request.header.set("authorization", `Bearer ${this.token}`);
      return next(request);
    };
    const options = { baseUrl: url, interceptors: [authorize] };
    const transport = native ? createGrpcTransport(options) : createGrpcWebTransport({ ...options, fetch: page.fetch });
    this.rpc = createClient(CloudDriveFileSrv, transport);
  }

  async logIn(userName, password) {
    const answer = await this.rpc.getToken({ userName, password });
    if (!answer.success) throw new Error(answer.errorMessage);
    this.token = answer.token;
    return answer;
  }

  async list(path) {
    const found = [];
    for await (const reply of this.rpc.getSubFiles({ path })) found.push(...reply.subFiles);
    return found;
  }

  async link(path) {
    const { downloadUrlPath } = await this.rpc.getDownloadUrlPath({ path });
    const { protocol, host } = new URL(this.url);
    const filled = { SCHEME: protocol.slice(0, -1), HOST: host, PREVIEW: "false" };
    return this.url + downloadUrlPath.replace(/\{(\w+)\}/g, (_, name) => filled[name]);
  }

  // Send a Blob: the server asks for hashes and ranges over the channel, the page answers (protocol.md §8). What arrives before
  // the id is known waits in the stream.
  async upload(blob, path, { device = "stranger", onStatus = async () => {} } = {}) {
    const leaving = new AbortController();
    const seen = { statuses: [], error: "", hashes: [], reads: 0, bytes: 0 };
    const known = new Map();
    const answering = new Set();
    // The channel is never kept waiting for an answer; one that fails ends the upload.
    const answer = (work) => {
      const task = work.catch((error) => leaving.abort(error)).finally(() => answering.delete(task));
      answering.add(task);
    };
    let stands;
    const standing = new Promise((resolve) => (stands = resolve));
    const channel = this.rpc.remoteUploadChannel({ deviceId: device }, { signal: leaving.signal, onHeader: stands });
    const messages = channel[Symbol.asyncIterator]();
    let next = messages.next();
    await Promise.race([standing, next]);
    const fileSize = BigInt(blob.size);
    const { uploadId } = await this.rpc.startRemoteUpload({ filePath: path, fileSize, clientCanCalculateHashes: true });
    try {
      for (let step = await next; !step.done; step = await messages.next()) {
        if (step.value.uploadId !== uploadId) continue;
        const { case: what, value } = step.value.request;
        if (what === "hashData") answer(this.#hash(uploadId, blob, value, known, seen));
        if (what === "readData") answer(this.#read(uploadId, blob, value, seen));
        if (what !== "statusChanged") continue;
        const status = UploadFileInfo_Status[value.status];
        seen.statuses.push(status);
        seen.error = value.errorMessage;
        await onStatus(status, uploadId);
        if (ENDS.has(status)) break;
      }
    } catch (error) {
      throw leaving.signal.aborted ? leaving.signal.reason : error;
    } finally {
      await Promise.allSettled(answering);
      leaving.abort();
    }
    if (!ENDS.has(seen.statuses.at(-1))) throw new Error("the channel ended first");
    return { uploadId, ...seen };
  }

  async #read(uploadId, blob, { offset, length, lazyRead }, seen) {
    const stop = Math.min(Number(offset + length), blob.size);
    for (let at = Number(offset); at < stop; at += PIECE) {
      const data = new Uint8Array(await blob.slice(at, Math.min(at + PIECE, stop)).arrayBuffer());
      const isLastChunk = at + data.length === blob.size;
      const piece = { uploadId, offset: BigInt(at), length: BigInt(data.length), lazyRead, data, isLastChunk };
      const reply = await this.rpc.remoteReadData(piece);
      if (!reply.success) throw new Error(reply.errorMessage);
      if (Number(reply.bytesReceived) !== data.length) throw new Error(`${reply.bytesReceived} bytes received`);
      seen.bytes += data.length;
    }
    seen.reads += 1;
  }

  async #hash(uploadId, blob, { hashType, blockSize }, known, seen) {
    const total = BigInt(blob.size);
    const blocks = [];
    if (!known.has(hashType)) {
      const whole = await (hashType === MD5 ? createMD5() : createSHA1());
      const step = hashType === MD5 && blockSize ? blockSize : PIECE;
      for (let at = 0; at < blob.size; at += step) {
        const data = new Uint8Array(await blob.slice(at, at + step).arrayBuffer());
        whole.update(data);
        if (hashType === MD5 && blockSize) blocks.push((await createMD5()).update(data).digest("hex"));
        await this.rpc.remoteHashProgress({ uploadId, bytesHashed: BigInt(at + data.length), totalBytes: total, hashType });
      }
      known.set(hashType, whole.digest("hex"));
    }
    const hashValue = known.get(hashType);
    const last = { uploadId, bytesHashed: total, totalBytes: total, hashType, hashValue, blockHashes: blocks };
    await this.rpc.remoteHashProgress(last);
    seen.hashes.push([hashType, hashValue, blocks.length]);
  }
}
