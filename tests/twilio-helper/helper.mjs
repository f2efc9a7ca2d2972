// Answers questions about signatures and TwiML with Twilio's own library.
//
// stdin: a JSON list of questions, each an object with one key; stdout: the list of answers.
//   {"sign": {token, url, params}}                  the signature
//   {"signBody": {token, url, body}}                {url, signature}, the URL with its bodySHA256
//   {"validate": {token, signature, url, params}}   whether the signature is right
//   {"build": tree}                                 {xml}, the same document built by the library, or {problem}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
// Loads only these two parts, because the whole package with all REST clients takes a second to load.
const { getExpectedBodyHash, getExpectedTwilioSignature, validateRequest } = require("twilio/lib/webhooks/webhooks");
const VoiceResponse = require("twilio/lib/twiml/VoiceResponse");
const declarations = readFileSync(require.resolve("twilio/lib/twiml/VoiceResponse.d.ts"), "utf8");

const answers = {
  sign: ({ token, url, params }) => getExpectedTwilioSignature(token, url, params),
  signBody: ({ token, url, body }) => {
    const hashed = `${url}${url.includes("?") ? "&" : "?"}bodySHA256=${getExpectedBodyHash(body)}`;
    return { url: hashed, signature: getExpectedTwilioSignature(token, hashed, {}) };
  },
  validate: ({ token, signature, url, params }) => validateRequest(token, signature, url, params),
  build: (root) => {
    if (root.name !== "Response") return { problem: `<${root.name}> is no response` };
    try {
      const response = new VoiceResponse();
      root.children.forEach((child) => add(response, root.name, child));
      return { xml: response.toString() };
    } catch (error) {
      return { problem: error.message };
    }
  },
};

/** Adds an element with the library's method of that name. Throws if the library knows no such element or attribute. */
function add(parent, parentName, { name, attributes, text, children }) {
  const method = name[0].toLowerCase() + name.slice(1);
  if (typeof parent[method] !== "function") throw new Error(`<${parentName}> has no <${name}>`);
  const known = declaredAttributes(name);
  const unknown = Object.keys(attributes).filter((attribute) => !known.has(attribute));
  if (unknown.length > 0) throw new Error(`<${name}> has no attribute ${unknown.join(", ")}`);
  const element = text === "" ? parent[method](attributes) : parent[method](attributes, text);
  children.forEach((child) => add(element, name, child));
}

function declaredAttributes(name) {
  const known = new Set();
  for (const [, body] of declarations.matchAll(new RegExp(`interface ${name}Attributes \\{([^}]*)\\}`, "g"))) {
    for (const [, attribute] of body.matchAll(/^\s*"?([A-Za-z]+)"?\?:/gm)) known.add(attribute);
  }
  return known;
}

const questions = JSON.parse(readFileSync(0, "utf8"));
const answer = (question) => {
  const [[kind, value]] = Object.entries(question);
  return answers[kind](value);
};
process.stdout.write(JSON.stringify(questions.map(answer)));
