"""Checks of what is answered: formats, granularities, models, uploads, field encodings, streams."""

import asyncio
import io
import json

import openai
import srt
import webvtt
from openai.types import Model
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
    TranslationVerbose,
    Translation,
)

from house import FOX, JFK, JFK_MP3, SAMPLES, async_client, body, check, client, raw, silent_wav, strict, transcribe, words

FOX_SAYS = "quick brown fox"
JFK_WORDS = words(
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)
ALIASES = ["whisper-1", "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-mini-transcribe-2025-12-15"]
SEGMENT_FIELDS = {
    "id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob", "compression_ratio", "no_speech_prob",
}  # fmt: skip


def verbose(file=FOX, **fields):
    return raw(file, response_format="verbose_json", **fields)


@check("json: the SDK's type, and exactly what was said")
def _():
    said = transcribe(JFK)
    assert type(said) is Transcription, type(said)
    assert words(said.text) == JFK_WORDS, said.text


@check("json: strict model")
def _():
    assert FOX_SAYS in strict(Transcription, raw(response_format="json")).text


@check("json: content type is application/json")
def _():
    assert raw().headers["content-type"].startswith("application/json")


@check("json is what comes when no format is asked for")
def _():
    assert set(body(raw())) <= {"text", "usage", "languages", "logprobs"}, body(raw())


@check("text: a string, and not JSON")
def _():
    answer = raw(response_format="text")
    assert answer.headers["content-type"].startswith("text/plain"), answer.headers["content-type"]
    said = answer.parse()
    assert isinstance(said, str) and FOX_SAYS in said, said


@check("srt: read by another parser")
def _():
    answer = raw(JFK, response_format="srt")
    assert "json" not in answer.headers["content-type"], answer.headers["content-type"]
    cues = list(srt.parse(answer.parse(), ignore_errors=False))
    assert [cue.index for cue in cues] == list(range(1, len(cues) + 1)), cues
    assert words(" ".join(cue.content for cue in cues)) == JFK_WORDS, cues
    assert all(a.end <= b.start for a, b in zip(cues, cues[1:])), cues
    assert all(cue.start < cue.end for cue in cues), cues


@check("vtt: read by another parser")
def _():
    answer = raw(JFK, response_format="vtt")
    assert "json" not in answer.headers["content-type"], answer.headers["content-type"]
    text = answer.parse()
    assert text.startswith("WEBVTT\n\n"), text[:20]
    cues = list(webvtt.from_string(text))
    assert words(" ".join(cue.text for cue in cues)) == JFK_WORDS, cues
    assert all(a.end_in_seconds <= b.start_in_seconds for a, b in zip(cues, cues[1:])), cues


@check("srt and vtt have the same cues")
def _():
    a = list(srt.parse(transcribe(JFK, response_format="srt")))
    b = list(webvtt.from_string(transcribe(JFK, response_format="vtt")))
    assert [c.content for c in a] == [c.text for c in b]


@check("verbose_json: the SDK's type")
def _():
    assert type(transcribe(response_format="verbose_json")) is TranscriptionVerbose


@check("verbose_json: strict model")
def _():
    said = strict(TranscriptionVerbose, verbose(JFK))
    assert words(said.text) == JFK_WORDS and abs(said.duration - 11.0) < 0.1, said


@check("verbose_json: the language is a name, the task is told")
def _():
    said = body(verbose())
    assert (said["task"], said["language"]) == ("transcribe", "english"), said


@check("verbose_json: the language is found when none is given")
def _():
    said = transcribe(SAMPLES / "fr-bonjour.wav", response_format="verbose_json", language=openai.omit)
    assert said.language == "french", said.language


@check("verbose_json: every segment has all ten fields, in order")
def _():
    segments = body(verbose(JFK))["segments"]
    assert segments and all(set(s) >= SEGMENT_FIELDS for s in segments), segments
    assert [s["id"] for s in segments] == list(range(len(segments)))
    assert all(a["end"] <= b["start"] + 0.01 for a, b in zip(segments, segments[1:])), segments
    assert all(isinstance(t, int) for s in segments for t in s["tokens"]), segments


@check("granularities: none means segments, no words")
def _():
    said = body(verbose())
    assert said["segments"] and "words" not in said, list(said)


@check("granularities: segment alone means no words")
def _():
    said = body(verbose(timestamp_granularities=["segment"]))
    assert said["segments"] and "words" not in said, list(said)


@check("granularities: word alone means no segments")
def _():
    said = body(verbose(timestamp_granularities=["word"]))
    assert said["words"] and "segments" not in said, list(said)


@check("granularities: both give both")
def _():
    said = strict(TranscriptionVerbose, verbose(timestamp_granularities=["word", "segment"]))
    assert said.words and said.segments, said


@check("words: no space before them, times in order, together the text")
def _():
    said = transcribe(JFK, response_format="verbose_json", timestamp_granularities=["word"])
    assert all(word.word == word.word.strip() for word in said.words), said.words
    assert words(" ".join(word.word for word in said.words)) == words(said.text)
    assert all(a.start <= a.end <= b.start + 0.01 for a, b in zip(said.words, said.words[1:])), said.words


@check("the text is one, whatever the format")
def _():
    long = transcribe(JFK, response_format="verbose_json", timestamp_granularities=["segment"])
    plain = transcribe(JFK, response_format="text").strip()
    assert transcribe(JFK).text == plain == long.text == "".join(s.text for s in long.segments).strip()


@check("usage: seconds for whisper-1, in json")
def _():
    usage = strict(Transcription, raw(JFK)).usage
    assert usage and usage.type == "duration" and usage.seconds == 11, usage


@check("usage: seconds in verbose_json")
def _():
    usage = strict(TranscriptionVerbose, verbose(JFK)).usage
    assert usage and usage.type == "duration" and usage.seconds == 11, usage


@check("usage: one of the SDK's two kinds for gpt-4o-transcribe, and it adds up")
def _():
    usage = strict(Transcription, raw(model="gpt-4o-transcribe")).usage
    assert usage and usage.type in ("tokens", "duration"), usage
    if usage.type == "tokens":
        assert usage.input_tokens + usage.output_tokens == usage.total_tokens > 0, usage
    else:
        assert usage.seconds > 0, usage


@check("logprobs: token, logprob and bytes of every token")
def _():
    said = strict(Transcription, raw(model="gpt-4o-transcribe", include=["logprobs"]))
    assert said.logprobs, said
    assert all(p.logprob <= 0 for p in said.logprobs), said.logprobs
    spelt = b"".join(bytes(int(b) for b in p.bytes) for p in said.logprobs).decode()
    assert spelt.strip() == said.text, (spelt, said.text)


@check("logprobs: none where none are asked for")
def _():
    assert "logprobs" not in body(raw(model="gpt-4o-transcribe"))


for alias in ALIASES:

    @check(f"model: {alias} is known")
    def _(alias=alias):
        assert FOX_SAYS in transcribe(model=alias).text


@check("models: the list, each strict")
def _():
    with client() as sdk:
        answer = json.loads(sdk.models.with_raw_response.list().text)
    assert answer["object"] == "list" and answer["data"], answer
    for each in answer["data"]:
        assert Model.model_validate_json(json.dumps(each), strict=True).object == "model"


@check("models: each of the list can be retrieved")
def _():
    with client() as sdk:
        for model in sdk.models.list():
            assert sdk.models.retrieve(model.id).id == model.id


@check("models: whisper-1 can be retrieved")
def _():
    with client() as sdk:
        assert sdk.models.retrieve("whisper-1").object == "model"


@check("translations: English, the SDK's type")
def _():
    with client() as sdk:
        said = sdk.audio.translations.create(model="whisper-1", file=SAMPLES / "fr-bonjour.wav")
    assert type(said) is Translation and "world" in words(said.text), said


@check("translations: verbose_json, strict")
def _():
    with client() as sdk:
        answer = sdk.audio.translations.with_raw_response.create(
            model="whisper-1", file=SAMPLES / "fr-bonjour.wav", response_format="verbose_json"
        )
    said = strict(TranslationVerbose, answer)
    assert said.language == "english" and said.segments and said.duration > 1, said


@check("translations: srt, read by another parser")
def _():
    with client() as sdk:
        said = sdk.audio.translations.create(model="whisper-1", file=SAMPLES / "fr-bonjour.wav", response_format="srt")
    assert list(srt.parse(said, ignore_errors=False)), said


@check("silence is no error: the text is empty")
def _():
    assert transcribe(("silence.wav", silent_wav(2))).text == ""


@check("silence: empty lists, strict")
def _():
    said = strict(TranscriptionVerbose, verbose(("silence.wav", silent_wav(2))))
    assert said.text == "" and said.segments == [], said


UPLOADS = {
    "a path": lambda: FOX,
    "an open file": lambda: FOX.open("rb"),
    "bytes without a name": lambda: FOX.read_bytes(),
    "name and bytes": lambda: ("fox.wav", FOX.read_bytes()),
    "name, bytes and type": lambda: ("fox.wav", FOX.read_bytes(), "audio/wav"),
    "octet-stream": lambda: ("fox.wav", FOX.read_bytes(), "application/octet-stream"),
    "a name without extension": lambda: ("recording", FOX.read_bytes()),
    "a wrong extension": lambda: ("fox.mp3", FOX.read_bytes(), "audio/mpeg"),
    "a name in other letters": lambda: ("лиса 狐 🦊.wav", FOX.read_bytes()),
    "a stream without a name": lambda: io.BytesIO(FOX.read_bytes()),
}
for kind, file in UPLOADS.items():

    @check(f"upload: {kind}")
    def _(file=file):
        assert FOX_SAYS in transcribe(file()).text


@check("upload: mp3")
def _():
    assert words(transcribe(JFK_MP3).text) == JFK_WORDS


FIELDS = {
    "languages, a list": {"model": "gpt-transcribe", "languages": ["en", "de"], "language": openai.omit},
    "keywords, a list": {"model": "gpt-transcribe", "keywords": ["fox", "dog"]},
    "chunking_strategy auto": {"model": "gpt-4o-transcribe", "chunking_strategy": "auto"},
    "chunking_strategy server_vad": {
        "model": "gpt-4o-transcribe",
        "chunking_strategy": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200},
    },
    "prompt": {"prompt": "A fox, a dog."},
    "an empty prompt": {"prompt": ""},
    "temperature 0": {"temperature": 0},
    "temperature 0.2": {"temperature": 0.2},
    "stream false": {"stream": False},
    "unknown fields are ignored": {"extra_body": {"vad_filter": True, "something_else": "x"}},
}
for kind, fields in FIELDS.items():

    @check(f"field: {kind}")
    def _(fields=fields):
        assert FOX_SAYS in transcribe(**fields).text


def heard(events, text):
    """Deltas and one done at the end, all saying the same."""
    deltas = [e for e in events if type(e) is TranscriptionTextDeltaEvent]
    assert type(events[-1]) is TranscriptionTextDoneEvent and len(deltas) == len(events) - 1, events
    assert deltas and "".join(d.delta for d in deltas) == events[-1].text == text, (deltas, events[-1], text)


for name in ["gpt-4o-mini-transcribe", "whisper-1"]:

    @check(f"stream: {name}: deltas together are done.text and the json text")
    def _(name=name):
        heard(list(transcribe(JFK, model=name, stream=True)), transcribe(JFK, model=name).text)


@check("stream: content type, and every event strict")
def _():
    with client() as sdk:
        wanted = {"model": "gpt-4o-transcribe", "file": FOX, "stream": True, "language": "en"}
        with sdk.audio.transcriptions.with_streaming_response.create(**wanted) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream"), answer.headers["content-type"]
            lines = [line for line in answer.iter_lines() if line.startswith("data: {")]
    kinds = {"transcript.text.delta": TranscriptionTextDeltaEvent, "transcript.text.done": TranscriptionTextDoneEvent}
    for line in lines:
        kinds[json.loads(line[6:])["type"]].model_validate_json(line[6:], strict=True)
    assert len(lines) >= 2, lines


@check("stream: usage in tokens, and it adds up")
def _():
    usage = list(transcribe(FOX, model="gpt-4o-transcribe", stream=True))[-1].usage
    assert usage and usage.type == "tokens", usage
    assert usage.input_tokens + usage.output_tokens == usage.total_tokens > 0, usage


@check("stream: logprobs where they are asked for")
def _():
    done = list(transcribe(FOX, model="gpt-4o-transcribe", stream=True, include=["logprobs"]))[-1]
    assert done.logprobs, done


@check("stream: silence ends with an empty done")
def _():
    events = list(transcribe(("s.wav", silent_wav(2)), model="gpt-4o-transcribe", stream=True))
    assert events and events[-1].type == "transcript.text.done" and events[-1].text == "", events


@check("stream: left in the middle, the server goes on answering")
def _():
    with client() as sdk:
        stream = sdk.audio.transcriptions.create(model="gpt-4o-transcribe", file=JFK, stream=True)
        next(iter(stream))
        stream.close()
    assert FOX_SAYS in transcribe().text


def waiting(coroutine):
    return asyncio.run(coroutine)


@check("async: json")
def _():
    async def call():
        async with async_client() as sdk:
            return await sdk.audio.transcriptions.create(model="whisper-1", file=FOX, language="en")

    said = waiting(call())
    assert type(said) is Transcription and FOX_SAYS in said.text, said


@check("async: verbose_json")
def _():
    async def call():
        async with async_client() as sdk:
            return await sdk.audio.transcriptions.create(
                model="whisper-1", file=FOX, response_format="verbose_json", timestamp_granularities=["word"]
            )

    assert waiting(call()).words


@check("async: a stream")
def _():
    async def call():
        async with async_client() as sdk:
            stream = await sdk.audio.transcriptions.create(model="gpt-4o-transcribe", file=FOX, language="en", stream=True)
            return [event async for event in stream]

    events = waiting(call())
    heard(events, events[-1].text)


@check("async: four at once, each its own")
def _():
    files = [FOX, JFK, FOX, JFK]

    async def call():
        async with async_client() as sdk:
            return await asyncio.gather(
                *(sdk.audio.transcriptions.create(model="whisper-1", file=f, language="en") for f in files)
            )

    assert [FOX_SAYS in said.text for said in waiting(call())] == [True, False, True, False]


@check("async: translations and models")
def _():
    async def call():
        async with async_client() as sdk:
            said = await sdk.audio.translations.create(model="whisper-1", file=SAMPLES / "fr-bonjour.wav")
            return said, [model.id async for model in sdk.models.list()]

    said, models = waiting(call())
    assert "world" in words(said.text) and models, (said, models)
