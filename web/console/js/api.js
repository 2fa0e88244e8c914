// The one way to the server's REST. Every failure becomes a Problem a person can read.

const ROOT = "/api/v1";

export class Problem extends Error {
  /** @param {number} status 0: no answer at all @param {any} body problem details */
  constructor(status, body) {
    super((body && (body.detail || body.title)) || "");
    this.status = status;
    this.code = (body && body.code) || (status === 0 ? "unreachable" : "failed");
    this.errors = (body && body.errors) || [];
  }
}

/** @returns {Promise<any>} */
async function call(method, path, body, type = "application/json") {
  let answer;
  try {
    answer = await fetch(ROOT + path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": type },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, null);
  }
  const text = await answer.text();
  const json = text && /json/.test(answer.headers.get("Content-Type") || "") ? JSON.parse(text) : null;
  if (!answer.ok) throw new Problem(answer.status, json);
  return json;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const put = (path, body = {}) => call("PUT", path, body);
/** Send a file as it is. @param {string} path @param {File} file @param {string} type */
export const upload = (path, file, type) => call("POST", path, file, type);
export const del = (path) => call("DELETE", path);

/** A key that makes a repeated command the same command. Works on plain http. */
export function commandKey() {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
}
