// fetch() with the rules a browser has for other origins (Fetch standard, "CORS protocol"): it asks first, sends what was
// allowed only, and hides what the answer does not expose.

const SAFE_REQUEST = new Set(["accept", "accept-language", "content-language"]);
const SAFE_TYPES = new Set(["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]);
const SAFE_METHODS = new Set(["GET", "HEAD", "POST"]);
const SAFE_ANSWER = ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];

export class Blocked extends Error {}

const list = (value) => (value ?? "").split(",").map((each) => each.trim().toLowerCase()).filter(Boolean);

function unsafe(headers) {
  const type = (headers.get("content-type") ?? "").split(";")[0].trim();
  return [...headers.keys()].filter((name) => !SAFE_REQUEST.has(name) && !(name === "content-type" && SAFE_TYPES.has(type)));
}

export function pageAt(origin) {
  const asked = [];

  function check(answer, what) {
    const allowed = answer.headers.get("access-control-allow-origin");
    if (allowed !== "*" && allowed !== origin) throw new Blocked(`${what}: origin ${origin} is not allowed`);
  }

  async function preflight(url, method, names) {
    const headers = { origin, "access-control-request-method": method };
    if (names.length) headers["access-control-request-headers"] = names.join(",");
    asked.push({ url: new URL(url).pathname, method, headers: names });
    const answer = await fetch(url, { method: "OPTIONS", headers });
    if (!answer.ok) throw new Blocked(`preflight: status ${answer.status}`);
    check(answer, "preflight");
    const methods = answer.headers.get("access-control-allow-methods");
    if (!SAFE_METHODS.has(method) && !list(methods).includes(method.toLowerCase())) throw new Blocked(`preflight: no ${method}`);
    const allowed = new Set(list(answer.headers.get("access-control-allow-headers")));
    // The wildcard never means "authorization".
    const refused = names.filter((name) => !allowed.has(name) && !(allowed.has("*") && name !== "authorization"));
    if (refused.length) throw new Blocked(`preflight: no ${refused}`);
  }

  async function send(url, init = {}) {
    const method = (init.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers);
    const names = unsafe(headers).sort();
    if (names.length || !SAFE_METHODS.has(method)) await preflight(url, method, names);
    headers.set("origin", origin);
    const { mode, credentials, ...rest } = init;
    const answer = await fetch(url, { ...rest, headers });
    check(answer, "answer");
    const exposed = new Set([...SAFE_ANSWER, ...list(answer.headers.get("access-control-expose-headers"))]);
    const shown = new Headers([...answer.headers].filter(([name]) => exposed.has(name)));
    return new Proxy(answer, {
      get: (target, name) => {
        if (name === "headers") return shown;
        const value = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  return { fetch: send, preflights: asked };
}
