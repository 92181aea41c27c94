// What the checks share: the server under test, its recordings, clients, and a server in between that misbehaves.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import OpenAI from 'openai';

export const SAMPLES = path.resolve(import.meta.dirname, '../../samples');
export const FOX = path.join(SAMPLES, 'en-fox.wav');
export const JFK = path.join(SAMPLES, 'jfk.wav');
export const BONJOUR = path.join(SAMPLES, 'fr-bonjour.wav');
const NO_KEY = 'none-is-needed';
const KEY = process.env.SOTTO_API_KEY ?? NO_KEY;
export const KEYS_ARE_ON = KEY !== NO_KEY;
const PATIENCE_MS = 120_000;
const checks = [];
let server = 'http://127.0.0.1:8080';

/** Registers a function as a check; it fails by throwing. */
export function check(name, body) {
  checks.push({ name, body });
}

/** Runs the checks against `url` whose names hold `only`; the number of those that failed. */
export async function run(url, only) {
  server = url;
  let passed = 0;
  let failed = 0;
  for (const { name, body } of checks.filter((each) => each.name.includes(only))) {
    const begun = Date.now();
    try {
      await body();
      passed++;
      console.log(`ok    ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    } catch (reason) {
      failed++;
      const where = /(answers|failures)\.mjs:\d+/.exec(String(reason?.stack))?.[0] ?? 'inside the SDK';
      console.log(`FAIL  ${name}: ${String(reason).replaceAll(/\s+/g, ' ').slice(0, 500)} (${where})`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

export function client(options = {}) {
  const { url = server, ...others } = options;
  return new OpenAI({ apiKey: KEY, baseURL: `${url}/v1`, maxRetries: 0, timeout: PATIENCE_MS, ...others });
}

/** The fields of a call, the file opened as users open one. */
export function wanted(fields = {}) {
  const { path: file = FOX, ...others } = fields;
  return { model: 'whisper-1', language: 'en', file: others.file ?? fs.createReadStream(file), ...others };
}

export function transcribe(fields, options) {
  return client().audio.transcriptions.create(wanted(fields), options);
}

/** The answer as fetch got it. */
export function raw(fields, options) {
  return transcribe(fields, options).asResponse();
}

/** A plain GET that no SDK is in; the parsed body. */
export async function get(route) {
  const answer = await fetch(server + route, { headers: { Authorization: `Bearer ${KEY}` } });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** A multipart POST that no SDK is in. */
export function post(route, form) {
  return fetch(server + route, { method: 'POST', headers: { Authorization: `Bearer ${KEY}` }, body: form });
}

/** Wants exactly this class of the SDK's, with an error object of all four fields. */
export async function refused(kind, status, call) {
  let answer;
  try {
    answer = await call();
  } catch (reason) {
    assert.equal(reason.constructor.name, kind.name, String(reason));
    assert.equal(reason.status, status, String(reason));
    assert.ok(typeof reason.error?.message === 'string' && reason.error.message, 'no message');
    assert.equal(typeof reason.type, 'string');
    assert.ok('param' in reason.error && 'code' in reason.error, JSON.stringify(reason.error));
    assert.ok(reason.requestID, 'no x-request-id');
    return reason;
  }
  throw new Error(`it was answered: ${JSON.stringify(answer)}`);
}

export function words(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}\s]/gu, '').trim().split(/\s+/).join(' ');
}

const HEADER = 44;

function wav(sound) {
  const head = Buffer.alloc(HEADER);
  head.write('RIFF', 0);
  head.writeUInt32LE(HEADER - 8 + sound.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(16_000, 24);
  head.writeUInt32LE(32_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(sound.length, 40);
  return Buffer.concat([head, sound]);
}

/** jfk.wav several times over, for a call that can be left in the middle. */
export function longWav(times) {
  const jfk = fs.readFileSync(JFK);
  const sound = jfk.subarray(jfk.indexOf('data') + 8);
  return wav(Buffer.concat(Array(times).fill(sound)));
}

export function silentWav(seconds) {
  return wav(Buffer.alloc(32_000 * seconds));
}

/**
 * A proxy that answers the first requests itself as `faults` says, and passes the rest to the server. A fault is
 * {status, headers}, or null: the connection is closed without an answer. `use` gets its URL and what it has seen.
 */
export async function between(faults, use) {
  const seen = [];
  const proxy = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      seen.push({ headers: request.headers, at: Date.now() });
      if (faults.length > 0) {
        misbehave(faults.shift(), request, response);
      } else {
        forward(request, Buffer.concat(parts), response);
      }
    });
  });
  await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));
  try {
    return await use(`http://127.0.0.1:${proxy.address().port}`, seen);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

function misbehave(fault, request, response) {
  if (fault === null) {
    request.socket.destroy();
    return;
  }
  const error = { message: 'not now', type: 'server_error', param: null, code: null };
  response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
  response.end(JSON.stringify({ error }));
}

function forward(request, body, response) {
  const headers = { ...request.headers, 'content-length': body.length };
  delete headers['transfer-encoding'];
  const upstream = http.request(server + request.url, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  upstream.end(body);
}
