// Checks a Sotto server with the official openai package: conformance.mjs URL [part of a check's name].
import './answers.mjs';
import './failures.mjs';
import { run } from './house.mjs';

const [url, only = ''] = process.argv.slice(2);
if (!url) {
  console.error("usage: conformance.mjs URL [part of a check's name]");
  process.exit(2);
}
process.exit((await run(url.replace(/\/(v1\/?)?$/, ''), only)) > 0 ? 1 : 0);
