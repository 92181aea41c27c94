// Checks of what is answered: formats, granularities, models, uploads, field encodings, streams.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from '@plussub/srt-vtt-parser';
import { toFile } from 'openai';
import { BONJOUR, FOX, JFK, SAMPLES, check, client, get, raw, silentWav, transcribe, wanted, words } from './house.mjs';
import * as shapes from './shapes.mjs';

const { assertFits } = shapes;
const FOX_SAYS = 'quick brown fox';
const JFK_WORDS =
  'and so my fellow americans ask not what your country can do for you ask what you can do for your country';

const saysFox = (said) => assert.ok((said.text ?? said).includes(FOX_SAYS), JSON.stringify(said));
const verbose = (fields) => transcribe({ response_format: 'verbose_json', ...fields });

check('json: exactly what was said', async () => {
  const said = await transcribe({ path: JFK });
  assert.equal(words(said.text), JFK_WORDS);
});
check('json: declared type', async () => {
  assertFits(shapes.transcription, await transcribe({ response_format: 'json' }));
});
check('json: content type', async () => {
  assert.match((await raw()).headers.get('content-type'), /^application\/json/);
});
check('text: a string, and not JSON', async () => {
  assert.match((await raw({ response_format: 'text' })).headers.get('content-type'), /^text\/plain/);
  const said = await transcribe({ response_format: 'text' });
  assert.equal(typeof said, 'string');
  saysFox(said);
});
for (const format of ['srt', 'vtt']) {
  check(`${format}: read by another parser`, async () => {
    const answer = await transcribe({ path: JFK, response_format: format });
    assert.equal(typeof answer, 'string');
    const { entries } = parse(answer);
    assert.equal(words(entries.map((cue) => cue.text).join(' ')), JFK_WORDS);
    entries.forEach((cue, i) => {
      assert.ok(cue.from < cue.to && cue.from >= (entries[i - 1]?.to ?? 0), JSON.stringify(entries));
    });
  });
}
check('srt: numbered from 1', async () => {
  assert.match(await transcribe({ response_format: 'srt' }), /^1\r?\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\r?\n/);
});
check('vtt: has its header', async () => {
  assert.match(await transcribe({ response_format: 'vtt' }), /^WEBVTT\n\n/);
});
check('verbose_json: declared type', async () => {
  const said = assertFits(shapes.verbose, await verbose({ path: JFK }));
  assert.ok(Math.abs(said.duration - 11) < 0.1, String(said.duration));
});
check('verbose_json: task and language', async () => {
  const said = await verbose();
  assert.deepEqual([said.task, said.language], ['transcribe', 'english']);
});
check('verbose_json: the language is found', async () => {
  assert.equal((await verbose({ path: BONJOUR, language: undefined })).language, 'french');
});
check('granularities: none means segments, no words', async () => {
  const said = await verbose();
  assert.ok(said.segments.length > 0 && said.words === undefined);
});
check('granularities: segment alone means no words', async () => {
  const said = await verbose({ timestamp_granularities: ['segment'] });
  assert.ok(said.segments.length > 0 && said.words === undefined);
});
check('granularities: word alone means no segments', async () => {
  const said = await verbose({ timestamp_granularities: ['word'] });
  assert.ok(said.words.length > 0 && said.segments === undefined, Object.keys(said).join());
});
check('granularities: both give both', async () => {
  const said = assertFits(shapes.verbose, await verbose({ timestamp_granularities: ['word', 'segment'] }));
  assert.ok(said.words.length > 0 && said.segments.length > 0);
});
check('words: no space before them, together the text', async () => {
  const said = await verbose({ path: JFK, timestamp_granularities: ['word'] });
  assert.ok(said.words.every(({ word }) => word === word.trim()));
  assert.equal(words(said.words.map(({ word }) => word).join(' ')), JFK_WORDS);
});
check('the text is one, whatever the format', async () => {
  const plain = (await transcribe({ path: JFK, response_format: 'text' })).trim();
  const long = await verbose({ path: JFK });
  assert.equal((await transcribe({ path: JFK })).text, plain);
  assert.equal(long.text, plain);
  assert.equal(long.segments.map((segment) => segment.text).join('').trim(), plain);
});
check('usage: seconds for whisper-1', async () => {
  assert.deepEqual((await transcribe({ path: JFK })).usage, { type: 'duration', seconds: 11 });
});
check('usage: seconds in verbose_json', async () => {
  assert.deepEqual((await verbose({ path: JFK })).usage, { type: 'duration', seconds: 11 });
});
check("usage: one of the SDK's two kinds for gpt-4o-transcribe", async () => {
  const said = assertFits(shapes.transcription, await transcribe({ model: 'gpt-4o-transcribe' }));
  assert.ok(said.usage.total_tokens > 0 || said.usage.seconds > 0, JSON.stringify(said.usage));
});
check('logprobs: together the text', async () => {
  const said = assertFits(shapes.transcription, await transcribe({ model: 'gpt-4o-transcribe', include: ['logprobs'] }));
  assert.ok(said.logprobs.every(({ logprob }) => logprob <= 0));
  assert.equal(Buffer.from(said.logprobs.flatMap(({ bytes }) => bytes)).toString().trim(), said.text);
});
check('logprobs: none where none are asked for', async () => {
  assert.equal((await transcribe({ model: 'gpt-4o-transcribe' })).logprobs, undefined);
});
for (const model of ['whisper-1', 'gpt-transcribe', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe', 'gpt-4o-mini-transcribe-2025-12-15']) {
  check(`model: ${model} is known`, async () => saysFox(await transcribe({ model })));
}
check('models: the list, declared types', async () => {
  const { object, data } = await get('/v1/models');
  assert.equal(object, 'list');
  assert.ok(data.length > 0);
  data.forEach((each) => assertFits(shapes.model, each));
});
check('models: each of the list can be retrieved', async () => {
  for await (const each of client().models.list()) {
    assert.equal((await client().models.retrieve(each.id)).id, each.id);
  }
});
check('translations: English', async () => {
  const said = await client().audio.translations.create({ model: 'whisper-1', file: fs.createReadStream(BONJOUR) });
  assert.match(said.text, /world/i);
});
check('translations: verbose_json', async () => {
  const fields = { model: 'whisper-1', file: fs.createReadStream(BONJOUR), response_format: 'verbose_json' };
  const said = assertFits(shapes.verbose, await client().audio.translations.create(fields));
  assert.equal(said.language, 'english');
});
check('translations: text is a string', async () => {
  const fields = { model: 'whisper-1', file: fs.createReadStream(BONJOUR), response_format: 'text' };
  assert.equal(typeof (await client().audio.translations.create(fields)), 'string');
});
check('silence is no error: the text is empty', async () => {
  assert.equal((await transcribe({ file: await toFile(silentWav(2), 's.wav') })).text, '');
});

const bytes = () => fs.readFileSync(FOX);
const uploads = {
  'a read stream': async () => fs.createReadStream(FOX),
  'toFile of a buffer': async () => toFile(bytes(), 'fox.wav'),
  'toFile without a name': async () => toFile(bytes()),
  'a File': async () => new File([bytes()], 'fox.wav', { type: 'audio/wav' }),
  'a name without extension': async () => new File([bytes()], 'recording'),
  'a wrong extension': async () => new File([bytes()], 'fox.mp3', { type: 'audio/mpeg' }),
  'a name in other letters': async () => new File([bytes()], 'лиса 狐 🦊.wav'),
  'a Response': async () => new Response(bytes(), { headers: { 'content-type': 'audio/wav' } }),
  'a web blob by toFile': async () => toFile(await fs.openAsBlob(FOX), 'fox.wav'),
};
for (const [kind, file] of Object.entries(uploads)) {
  check(`upload: ${kind}`, async () => saysFox(await transcribe({ file: await file() })));
}
check('upload: mp3', async () => {
  assert.equal(words((await transcribe({ path: path.join(SAMPLES, 'jfk.mp3') })).text), JFK_WORDS);
});

const vad = { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 };
const fields = {
  'languages, a list': { model: 'gpt-transcribe', languages: ['en', 'de'], language: undefined },
  'keywords, a list': { model: 'gpt-transcribe', keywords: ['fox', 'dog'] },
  'chunking_strategy auto': { model: 'gpt-4o-transcribe', chunking_strategy: 'auto' },
  'chunking_strategy server_vad': { model: 'gpt-4o-transcribe', chunking_strategy: vad },
  prompt: { prompt: 'A fox, a dog.' },
  'empty strings, which this SDK sends': { prompt: '', language: '' },
  'temperature 0': { temperature: 0 },
  'stream false': { stream: false },
  'unknown fields are ignored': { vad_filter: true, something_else: 'x' },
};
for (const [kind, more] of Object.entries(fields)) {
  check(`field: ${kind}`, async () => saysFox(await transcribe(more)));
}

async function heard(more) {
  const events = [];
  for await (const event of await transcribe({ stream: true, ...more })) {
    events.push(event);
  }
  const last = assertFits(shapes.done, events.at(-1));
  const deltas = events.slice(0, -1).map((event) => assertFits(shapes.delta, event).delta);
  assert.equal(deltas.join(''), last.text);
  return last;
}
for (const model of ['gpt-4o-mini-transcribe', 'whisper-1']) {
  check(`stream: ${model}: deltas together are done.text and the json text`, async () => {
    assert.equal((await heard({ path: JFK, model })).text, (await transcribe({ path: JFK, model })).text);
  });
}
check('stream: content type', async () => {
  const answer = await raw({ stream: true, model: 'gpt-4o-transcribe' });
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  await answer.text();
});
check('stream: usage', async () => {
  assert.equal((await heard({ model: 'gpt-4o-transcribe' })).usage?.type, 'tokens');
});
check('stream: silence ends with an empty done', async () => {
  assert.equal((await heard({ model: 'gpt-4o-transcribe', file: await toFile(silentWav(2), 's.wav') })).text, '');
});
check('stream: left in the middle, the server goes on answering', async () => {
  for await (const event of await transcribe({ path: JFK, stream: true, model: 'gpt-4o-transcribe' })) {
    assert.ok(event.type);
    break;
  }
  saysFox(await transcribe());
});
check('four at once, each its own', async () => {
  const said = await Promise.all([FOX, JFK, FOX, JFK].map((file) => transcribe({ path: file })));
  assert.deepEqual(said.map(({ text }) => text.includes(FOX_SAYS)), [true, false, true, false]);
});
check('withResponse: data, response and request id', async () => {
  const got = await client().audio.transcriptions.create(wanted()).withResponse();
  saysFox(got.data);
  assert.equal(got.response.status, 200);
  assert.ok(got.request_id);
});
