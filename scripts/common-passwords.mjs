// Generates src/crm/password/common-passwords.txt from a list in the npm package @zxcvbn-ts/language-common. The list has leaked passwords,
// the most frequent first:
//
//   npm pack @zxcvbn-ts/language-common@4.1.3 && tar xzf zxcvbn-ts-language-common-4.1.3.tgz
//   node scripts/common-passwords.mjs package/src/passwords.json > src/crm/password/common-passwords.txt

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const COMMONEST = 10_000;
const MIN_LENGTH = 10;

const passwords = JSON.parse(readFileSync(process.argv[2], "utf8"));
// Rarer passwords are kept only if they are long enough that a user could choose them.
const kept = passwords.filter((password, rank) => rank < COMMONEST || password.length >= MIN_LENGTH);
const digest = (password) => createHash("sha256").update(password.toLowerCase()).digest("hex").slice(0, 10);
const digests = [...new Set(kept.map(digest))].sort();

process.stdout.write(`# The ${COMMONEST} commonest passwords, and of the next ${passwords.length - COMMONEST} those with at least ${MIN_LENGTH} characters: the first
# 40 bits of the SHA-256 of each, in lower case, sorted.
# Source: the npm package @zxcvbn-ts/language-common 4.1.3, MIT licence, Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.,
# Copyright (c) 2021 @zxcvbn-ts. Made by scripts/common-passwords.mjs.
${digests.join("\n")}
`);
