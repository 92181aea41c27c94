"""Checks of what happens otherwise: errors, request ids, retries, time-outs, and the SDK's other ways to call."""

import asyncio
import time
import uuid

import openai
from openai.types.audio import Transcription

from answers import FOX_SAYS
from house import FOX, KEY, Between, async_client, check, client, get, long_wav, raw, refused, transcribe

SOON = {"retry-after-ms": "10"}
LETTER = b"Dear Sir or Madam,\n" * 99


@check("error: an unknown model is 404, param model")
def _():
    assert refused(openai.NotFoundError, 404, lambda: transcribe(model="none-such")).param == "model"


@check("error: a temperature beyond 1 is 400, param temperature")
def _():
    assert refused(openai.BadRequestError, 400, lambda: transcribe(temperature=2)).param == "temperature"


@check("error: a language that does not exist is 400, param language")
def _():
    assert refused(openai.BadRequestError, 400, lambda: transcribe(language="xx")).param == "language"


@check("error: an unknown format is 400, param response_format")
def _():
    assert refused(openai.BadRequestError, 400, lambda: transcribe(response_format="doc")).param == "response_format"


@check("error: diarized_json is 400, param response_format")
def _():
    assert refused(openai.BadRequestError, 400, lambda: transcribe(response_format="diarized_json")).param == "response_format"


@check("error: an unknown granularity is 400")
def _():
    call = lambda: transcribe(response_format="verbose_json", timestamp_granularities=["phrase"])  # noqa: E731
    assert refused(openai.BadRequestError, 400, call).param.startswith("timestamp_granularities")


@check("error: an empty file is 400, param file")
def _():
    assert refused(openai.BadRequestError, 400, lambda: transcribe(("empty.wav", b""))).param == "file"


@check("error: a letter named .wav is the client's mistake, and tells why")
def _():
    try:
        transcribe(("letter.wav", LETTER))
        raise AssertionError("it was answered")
    except openai.APIStatusError as reason:
        assert reason.status_code in (400, 415) and reason.code and "audio" in reason.message, reason


@check("error: no file is 400, param file")
def _():
    with client() as sdk:
        call = lambda: sdk.post(  # noqa: E731
            "/audio/transcriptions",
            cast_to=object,
            body={"model": "whisper-1"},
            files={"other": ("x.wav", b"x")},
            options={"headers": {"Content-Type": "multipart/form-data"}},
        )
        assert refused(openai.BadRequestError, 400, call).param == "file"


@check("error: JSON where a form belongs is a 4xx with an error object")
def _():
    with client() as sdk:
        try:
            sdk.post("/audio/transcriptions", cast_to=object, body={"model": "whisper-1"})
            raise AssertionError("it was answered")
        except openai.APIStatusError as reason:
            assert reason.status_code in (400, 415) and reason.type == "invalid_request_error", reason


@check("error: an unknown model cannot be retrieved")
def _():
    with client() as sdk:
        refused(openai.NotFoundError, 404, lambda: sdk.models.retrieve("none-such"))


@check("error: a path that does not exist is 404")
def _():
    with client() as sdk:
        refused(openai.NotFoundError, 404, lambda: sdk.get("/nowhere", cast_to=object))


@check("error: other parts of OpenAI's API are 404, not HTML")
def _():
    with client() as sdk:
        refused(openai.NotFoundError, 404, lambda: sdk.files.list())


@check("error: a method that does not exist is 405")
def _():
    with client() as sdk:
        refused(openai.APIStatusError, 405, lambda: sdk.get("/audio/transcriptions", cast_to=object))


@check("error: translations cannot be diarized either")
def _():
    with client() as sdk:
        call = lambda: sdk.audio.translations.create(  # noqa: E731
            model="whisper-1", file=FOX, response_format="diarized_json"
        )
        refused(openai.BadRequestError, 400, call)


@check("error: a stream that is refused is refused before it begins")
def _():
    refused(openai.NotFoundError, 404, lambda: transcribe(model="none-such", stream=True))


@check("error: async raises the same classes")
def _():
    async def call():
        async with async_client() as sdk:
            await sdk.audio.transcriptions.create(model="none-such", file=FOX)

    assert refused(openai.NotFoundError, 404, lambda: asyncio.run(call())).param == "model"


@check("key: a wrong one is 401 where keys are asked for, any will do where not")
def _():
    with client(api_key="wrong") as sdk:
        if KEY == "none-is-needed":
            assert sdk.models.list().data
        else:
            refused(openai.AuthenticationError, 401, sdk.models.list)


@check("request id: the SDK finds one in every answer")
def _():
    assert transcribe()._request_id


@check("request id: one that is sent comes back")
def _():
    assert raw(extra_headers={"x-request-id": "conformance-1"}).headers["x-request-id"] == "conformance-1"


@check("request id: no two answers have the same")
def _():
    with client() as sdk:
        assert sdk.models.list()._request_id != sdk.models.list()._request_id


@check("raw response: status, headers, and parsed")
def _():
    answer = raw()
    assert answer.status_code == 200 and answer.headers["x-request-id"]
    assert type(answer.parse()) is Transcription


@check("streaming response: the body bit by bit")
def _():
    with client() as sdk:
        wanted = {"model": "whisper-1", "file": FOX, "language": "en", "response_format": "text"}
        with sdk.audio.transcriptions.with_streaming_response.create(**wanted) as answer:
            assert FOX_SAYS in b"".join(answer.iter_bytes()).decode()


@check("retry: after two 503 the third is passed on")
def _():
    with Between((503, SOON), (503, SOON)) as between:
        assert FOX_SAYS in between.call(max_retries=2).text
        assert [headers.get("x-stainless-retry-count") for headers, _, _ in between.seen] == ["0", "1", "2"]


@check("retry: the same bytes again, and the same answer")
def _():
    with Between((500, SOON)) as between:
        assert FOX_SAYS in between.call(FOX.read_bytes(), max_retries=1).text
        sound = FOX.read_bytes()
        assert all(sound in content for _, content, _ in between.seen)


@check("retry: no more often than max_retries")
def _():
    with Between(*[(503, SOON)] * 3) as between:
        try:
            between.call(max_retries=1)
            raise AssertionError("it was answered")
        except openai.InternalServerError:
            assert len(between.seen) == 2


@check("retry: Retry-After is waited for")
def _():
    with Between((503, {"Retry-After": "1"})) as between:
        between.call(max_retries=1)
        assert between.seen[1][2] - between.seen[0][2] >= 0.95


@check("retry: 429 is a RateLimitError, its Retry-After can be read")
def _():
    with Between((429, {"Retry-After": "7"})) as between:
        try:
            between.call()
            raise AssertionError("it was answered")
        except openai.RateLimitError as reason:
            assert reason.response.headers["retry-after"] == "7"


@check("retry: x-should-retry false is respected")
def _():
    with Between((503, SOON | {"x-should-retry": "false"})) as between:
        try:
            between.call(max_retries=2)
            raise AssertionError("it was answered")
        except openai.InternalServerError:
            assert len(between.seen) == 1


@check("retry: x-should-retry true is respected")
def _():
    with Between((400, SOON | {"x-should-retry": "true"})) as between:
        assert FOX_SAYS in between.call(max_retries=1).text


@check("retry: a connection that is lost")
def _():
    with Between(None) as between:
        assert FOX_SAYS in between.call(max_retries=1).text


@check("retry: bad audio is done once, not three times")
def _():
    with Between() as between:
        try:
            between.call(("letter.wav", LETTER), max_retries=2)
            raise AssertionError("it was answered")
        except openai.APIStatusError:
            assert len(between.seen) == 1, len(between.seen)


@check("retry: with one Idempotency-Key it is one job")
def _():
    key = str(uuid.uuid4())
    a, b = (raw(extra_headers={"Idempotency-Key": key}) for _ in range(2))
    assert a.text == b.text


@check("timeout: the SDK's exception, and the job is cancelled")
def _():
    name = f"left-{uuid.uuid4()}.wav"
    with client(timeout=2) as sdk:
        try:
            sdk.audio.transcriptions.create(model="whisper-1", file=(name, long_wav(40)))
            raise AssertionError("it was answered")
        except openai.APITimeoutError:
            pass
    deadline = time.monotonic() + 30
    while True:
        jobs = [job for job in get("/api/v1/transcriptions?limit=100")["transcriptions"] if name in str(job)]
        if jobs and jobs[0]["status"] == "cancelled":
            return
        assert time.monotonic() < deadline, jobs


@check("timeout: a call's own is respected")
def _():
    begun = time.monotonic()
    with client() as sdk:
        try:
            sdk.with_options(timeout=1).audio.transcriptions.create(model="whisper-1", file=("long.wav", long_wav(40)))
            raise AssertionError("it was answered")
        except openai.APITimeoutError:
            assert time.monotonic() - begun < 10


@check("timeout: async, cancelled by the caller; the server goes on answering")
def _():
    async def call():
        async with async_client() as sdk:
            wanted = {"model": "whisper-1", "file": ("long.wav", long_wav(40))}
            await asyncio.wait_for(sdk.audio.transcriptions.create(**wanted), 1)

    try:
        asyncio.run(call())
        raise AssertionError("it was answered")
    except asyncio.TimeoutError:
        assert FOX_SAYS in transcribe().text


@check("no server: APIConnectionError")
def _():
    with Between() as between:
        url = between.url
    try:
        with client(url) as sdk:
            sdk.models.list()
        raise AssertionError("it was answered")
    except openai.APIConnectionError:
        pass
