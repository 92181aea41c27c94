// The SDK's declared types as validators: every field that is there has its type, none that is required is missing.
import assert from 'node:assert/strict';

const text = (value) => typeof value === 'string';
const number = (value) => typeof value === 'number' && Number.isFinite(value);
const whole = (value) => Number.isInteger(value);
const listOf = (shape) => (value) => Array.isArray(value) && value.every((each) => fits(shape, each));
const exactly = (wanted) => (value) => value === wanted;
const either = (...shapes) => (value) => shapes.some((shape) => fits(shape, value));
const object = (shape) => (value) => fits(shape, value);

function fits(shape, value) {
  if (typeof shape === 'function') {
    return shape(value);
  }
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([name, type]) => {
      const optional = name.endsWith('?');
      const field = value[optional ? name.slice(0, -1) : name];
      return field === undefined ? optional : fits(type, field);
    })
  );
}

export function assertFits(shape, value) {
  assert.ok(fits(shape, value), `not of the declared type: ${JSON.stringify(value)}`);
  return value;
}

const tokens = {
  type: exactly('tokens'),
  input_tokens: whole,
  output_tokens: whole,
  total_tokens: whole,
  'input_token_details?': object({ 'audio_tokens?': whole, 'text_tokens?': whole }),
};
const duration = { type: exactly('duration'), seconds: number };
const logprob = { token: text, logprob: number, bytes: listOf(whole) };
const language = { code: text };
const segment = {
  id: whole,
  seek: whole,
  start: number,
  end: number,
  text,
  tokens: listOf(whole),
  temperature: number,
  avg_logprob: number,
  compression_ratio: number,
  no_speech_prob: number,
};

export const transcription = {
  text,
  'languages?': listOf(language),
  'logprobs?': listOf(logprob),
  'usage?': either(tokens, duration),
};
export const verbose = {
  duration: number,
  language: text,
  text,
  'segments?': listOf(segment),
  'words?': listOf({ word: text, start: number, end: number }),
  'usage?': object(duration),
};
export const delta = { type: exactly('transcript.text.delta'), delta: text, 'logprobs?': listOf(logprob), 'segment_id?': text };
export const done = {
  type: exactly('transcript.text.done'),
  text,
  'languages?': listOf(language),
  'logprobs?': listOf(logprob),
  'usage?': object(tokens),
};
export const model = { id: text, object: exactly('model'), created: whole, owned_by: text };
