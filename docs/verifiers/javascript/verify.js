// Verify webhooks of Qingdan: HMAC-SHA256, Ed25519, HMAC-SM3. Node 18 or later, nothing else.
//
//     verify("hmac_sha256", "whsec_...", request.headers, rawBody)
//
// Take the body as it came, byte for byte (a Buffer): verify first, read the JSON afterwards. The scheme is the one the
// subscription was given its key for. HMAC-SM3 needs an OpenSSL with `sm3`, as Node's own has it.
"use strict";
const crypto = require("node:crypto");

const TOLERANCE = 5 * 60;
const LEAST_KEY_BYTES = 24; // Standard Webhooks asks for as much; with an empty key anybody could sign
const VERSIONS = { hmac_sha256: "v1", ed25519: "v1a", hmac_sm3: "v1sm3" };
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SPKI = Buffer.from("302a300506032b6570032100", "hex"); // an Ed25519 key in DER begins with this

// Throws when the key itself is none: mend the configuration, and answer 500 until then.
function verify(scheme, key, headers, body, now = Date.now() / 1000) {
  const secret = Buffer.from(key.slice(key.indexOf("_") + 1), "base64");
  if (secret.length < LEAST_KEY_BYTES) {
    throw new Error(`the webhook key is empty or was cut off: ${secret.length} bytes of at least ${LEAST_KEY_BYTES}`);
  }
  const id = headers["webhook-id"] || "";
  const seconds = headers["webhook-timestamp"] || "";
  if (!id || !/^[0-9]{1,12}$/.test(seconds) || Math.abs(now - Number(seconds)) > TOLERANCE) return false;
  const content = Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]);
  let found = false;
  for (const part of (headers["webhook-signature"] || "").split(" ")) { // several while keys are exchanged
    const comma = part.indexOf(",");
    const text = part.slice(comma + 1);
    if (comma < 0 || part.slice(0, comma) !== VERSIONS[scheme] || !BASE64.test(text)) continue;
    found = signed(scheme, secret, content, Buffer.from(text, "base64")) || found;
  }
  return found;
}

function signed(scheme, secret, content, given) {
  if (scheme === "ed25519") {
    const key = crypto.createPublicKey({ key: Buffer.concat([SPKI, secret]), format: "der", type: "spki" });
    return crypto.verify(null, content, key, given);
  }
  const code = crypto.createHmac(scheme === "hmac_sha256" ? "sha256" : "sm3", secret).update(content).digest();
  return code.length === given.length && crypto.timingSafeEqual(code, given);
}

module.exports = { verify };

// For the tests: a request a line, its seven parts in base64; answers true, false, or what is wrong with the key.
if (require.main === module) {
  for (const line of require("node:fs").readFileSync(0, "latin1").split("\n").filter(Boolean)) {
    const [scheme, key, id, seconds, signature, body, now] = line.split("\t").map((part) => Buffer.from(part, "base64"));
    const headers = { "webhook-id": String(id), "webhook-timestamp": String(seconds), "webhook-signature": String(signature) };
    try {
      console.log(verify(String(scheme), String(key), headers, body, Number(now)));
    } catch (error) {
      console.log(error.message);
    }
  }
}
