// Checks of what happens otherwise: errors, request ids, retries, time-outs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import OpenAI, { toFile } from 'openai';
import { FOX, KEYS_ARE_ON, between, check, client, get, longWav, post, raw, refused, transcribe, wanted } from './house.mjs';

const SOON = { 'retry-after-ms': '10' };
const busy = (more) => ({ status: 503, headers: { ...SOON, ...more } });
const letter = () => toFile(Buffer.from('Dear Sir or Madam,\n'.repeat(99)), 'letter.wav');
const fox = () => toFile(fs.readFileSync(FOX), 'fox.wav');

const mistakes = {
  'an unknown model': [OpenAI.NotFoundError, 404, 'model', { model: 'none-such' }],
  'a temperature beyond 1': [OpenAI.BadRequestError, 400, 'temperature', { temperature: 2 }],
  'a language that does not exist': [OpenAI.BadRequestError, 400, 'language', { language: 'xx' }],
  'an unknown format': [OpenAI.BadRequestError, 400, 'response_format', { response_format: 'doc' }],
  diarized_json: [OpenAI.BadRequestError, 400, 'response_format', { response_format: 'diarized_json' }],
  'a stream that is refused': [OpenAI.NotFoundError, 404, 'model', { model: 'none-such', stream: true }],
};
for (const [kind, [error, status, param, fields]] of Object.entries(mistakes)) {
  check(`error: ${kind} is ${status}, param ${param}`, async () => {
    assert.equal((await refused(error, status, () => transcribe(fields))).param, param);
  });
}
check('error: an empty file is 400, param file', async () => {
  const file = new File([], 'empty.wav');
  assert.equal((await refused(OpenAI.BadRequestError, 400, () => transcribe({ file }))).param, 'file');
});
check("error: a letter named .wav is the client's mistake, and tells why", async () => {
  await assert.rejects(transcribe({ file: await letter() }), (reason) => {
    assert.ok([400, 415].includes(reason.status), String(reason));
    assert.match(reason.message, /audio/);
    return true;
  });
});
check('error: no file is 400, param file', async () => {
  const form = new FormData();
  form.append('model', 'whisper-1');
  const answer = await post('/v1/audio/transcriptions', form);
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).error.param, 'file');
});
check('error: an unknown model cannot be retrieved', async () => {
  await refused(OpenAI.NotFoundError, 404, () => client().models.retrieve('none-such'));
});
check("error: other parts of OpenAI's API are 404", async () => {
  await refused(OpenAI.NotFoundError, 404, () => client().files.list());
});
check('error: a method that does not exist is 405', async () => {
  await refused(OpenAI.APIError, 405, () => client().get('/audio/transcriptions'));
});
check('key: a wrong one is 401 where keys are asked for, any will do where not', async () => {
  const call = () => client({ apiKey: 'wrong' }).models.list();
  if (KEYS_ARE_ON) {
    await refused(OpenAI.AuthenticationError, 401, call);
  } else {
    assert.ok((await call()).data.length > 0);
  }
});
check('request id: the SDK finds one in every answer', async () => {
  assert.ok((await transcribe())._request_id);
});
check('request id: one that is sent comes back', async () => {
  const answer = await raw({}, { headers: { 'x-request-id': 'conformance-2' } });
  assert.equal(answer.headers.get('x-request-id'), 'conformance-2');
});

/** A call through a proxy that misbehaves as `faults` says; `judge` gets it and what the proxy saw. */
function through(faults, maxRetries, judge, file = fox) {
  return between(faults, async (url, seen) => {
    const fields = wanted({ file: await file() });
    await judge(() => client({ url, maxRetries }).audio.transcriptions.create(fields), seen);
  });
}

check('retry: after two 503 the third is passed on', () =>
  through([busy(), busy()], 2, async (call, seen) => {
    assert.match((await call()).text, /fox/);
    assert.deepEqual(seen.map(({ headers }) => headers['x-stainless-retry-count']), ['0', '1', '2']);
  }));
check('retry: no more often than maxRetries', () =>
  through([busy(), busy(), busy()], 1, async (call, seen) => {
    await assert.rejects(call(), OpenAI.InternalServerError);
    assert.equal(seen.length, 2);
  }));
check('retry: Retry-After is waited for', () =>
  through([{ status: 503, headers: { 'retry-after': '1' } }], 1, async (call, seen) => {
    await call();
    assert.ok(seen[1].at - seen[0].at >= 950);
  }));
check('retry: 429 is a RateLimitError', () =>
  through([{ status: 429, headers: { 'retry-after': '7' } }], 0, async (call) => {
    await assert.rejects(call(), (reason) => {
      assert.equal(reason.constructor.name, 'RateLimitError');
      assert.equal(reason.headers.get('retry-after'), '7');
      return true;
    });
  }));
check('retry: x-should-retry false is respected', () =>
  through([busy({ 'x-should-retry': 'false' })], 2, async (call, seen) => {
    await assert.rejects(call(), OpenAI.InternalServerError);
    assert.equal(seen.length, 1);
  }));
check('retry: x-should-retry true is respected', () =>
  through([{ status: 400, headers: { ...SOON, 'x-should-retry': 'true' } }], 1, async (call) => {
    assert.match((await call()).text, /fox/);
  }));
check('retry: a connection that is lost', () =>
  through([null], 1, async (call) => {
    assert.match((await call()).text, /fox/);
  }));
check('retry: bad audio is done once, not three times', () =>
  through([], 2, async (call, seen) => {
    await assert.rejects(call(), OpenAI.APIError);
    assert.equal(seen.length, 1);
  }, letter));
check('retry: with one Idempotency-Key it is one job', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const [first, second] = [await raw({}, { headers }), await raw({}, { headers })];
  assert.equal(await first.text(), await second.text());
});

check("timeout: the SDK's exception, and the job is cancelled", async () => {
  const name = `left-${randomUUID()}.wav`;
  const fields = wanted({ file: await toFile(longWav(40), name) });
  const call = client({ timeout: 2000 }).audio.transcriptions.create(fields);
  await assert.rejects(call, (reason) => reason.constructor.name === 'APIConnectionTimeoutError');
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { transcriptions } = await get('/api/v1/transcriptions?limit=100');
    const job = transcriptions.find((each) => JSON.stringify(each).includes(name));
    if (job?.status === 'cancelled') {
      return;
    }
    assert.ok(Date.now() < deadline, JSON.stringify(job));
  }
});
check('timeout: aborted by the caller; the server goes on answering', async () => {
  const file = await toFile(longWav(40), 'long.wav');
  const call = transcribe({ file }, { signal: AbortSignal.timeout(1000) });
  await assert.rejects(call, (reason) => reason.constructor.name === 'APIUserAbortError');
  assert.match((await transcribe()).text, /fox/);
});
check('no server: APIConnectionError', async () => {
  const gone = await between([], async (url) => url);
  await assert.rejects(client({ url: gone }).models.list(), (reason) => reason.constructor.name === 'APIConnectionError');
});
