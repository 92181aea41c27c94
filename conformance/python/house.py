"""What the checks share: the server under test, its recordings, clients, and a server in between that misbehaves."""

import http.client
import io
import json
import os
import threading
import time
import traceback
import urllib.parse
import urllib.request
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FOX = SAMPLES / "en-fox.wav"
JFK = SAMPLES / "jfk.wav"
JFK_MP3 = SAMPLES / "jfk.mp3"
KEY = os.environ.get("SOTTO_API_KEY", "none-is-needed")
PATIENCE_S = 120
CHECKS = []


class Server:
    """Where the server is, with and without /v1."""

    url = "http://127.0.0.1:8080"


def check(name):
    """Registers a function as a check; it fails by raising."""

    def register(function):
        CHECKS.append((name, function))
        return function

    return register


def run(only):
    """Runs the checks whose names hold `only`; the number of those that failed."""
    passed, failed = 0, 0
    for name, function in CHECKS:
        if only not in name:
            continue
        begun = time.monotonic()
        try:
            function()
            passed += 1
            print(f"ok    {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        except Exception as reason:
            failed += 1
            where = [at for at in traceback.extract_tb(reason.__traceback__) if at.name == "_" or at.filename == __file__][-1]
            print(f"FAIL  {name}: {type(reason).__name__}: {reason} ({Path(where.filename).name}:{where.lineno})", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed


def client(url=None, **options):
    settings = {"api_key": KEY, "max_retries": 0, "timeout": PATIENCE_S} | options
    return openai.OpenAI(base_url=(url or Server.url) + "/v1", **settings)


def async_client(**options):
    settings = {"api_key": KEY, "max_retries": 0, "timeout": PATIENCE_S} | options
    return openai.AsyncOpenAI(base_url=Server.url + "/v1", **settings)


def transcribe(file=FOX, **fields):
    """The answer; of a stream its events, read to the end while the client is open."""
    with client() as sdk:
        said = sdk.audio.transcriptions.create(**({"model": "whisper-1", "file": file, "language": "en"} | fields))
        return list(said) if fields.get("stream") else said


def raw(file=FOX, **fields):
    """The answer as it came: status, headers, text."""
    with client() as sdk:
        wanted = {"model": "whisper-1", "file": file, "language": "en"} | fields
        return sdk.audio.transcriptions.with_raw_response.create(**wanted)


def strict(model, answer):
    """The body read by the SDK's own model without any conversion of types; what it does not know is allowed."""
    return model.model_validate_json(answer.text, strict=True)


def body(answer):
    return json.loads(answer.text)


def refused(error, status, call):
    """Calls, and wants exactly this class of the SDK's with an error object of all four fields."""
    try:
        answer = call()
    except openai.APIStatusError as reason:
        assert type(reason) is error, f"{type(reason).__name__} instead of {error.__name__}: {reason}"
        wanted = status if isinstance(status, tuple) else (status,)
        assert reason.status_code in wanted, f"{reason.status_code} instead of {status}: {reason}"
        whole = reason.response.json()["error"]
        assert set(whole) >= {"message", "type", "param", "code"}, whole
        assert isinstance(whole["message"], str) and whole["message"], whole
        assert isinstance(reason.type, str) and reason.type, whole
        assert reason.request_id, "no x-request-id"
        return reason
    raise AssertionError(f"it was answered: {answer}")


def words(text):
    return "".join(c for c in text.lower() if c.isalnum() or c.isspace()).split()


def long_wav(times):
    """jfk.wav several times over, for a call that can be left in the middle."""
    with wave.open(str(JFK)) as one:
        parameters, frames = one.getparams(), one.readframes(one.getnframes())
    out = io.BytesIO()
    with wave.open(out, "wb") as long:
        long.setparams(parameters)
        long.writeframes(frames * times)
    return out.getvalue()


def silent_wav(seconds):
    out = io.BytesIO()
    with wave.open(out, "wb") as silence:
        silence.setnchannels(1)
        silence.setsampwidth(2)
        silence.setframerate(16000)
        silence.writeframes(bytes(32000 * seconds))
    return out.getvalue()


def get(path):
    """A plain GET that no SDK is in; the parsed body."""
    request = urllib.request.Request(Server.url + path, headers={"Authorization": "Bearer " + KEY})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)


class Between:
    """A proxy that answers the first requests itself as `faults` says, and passes the rest to the server.

    A fault is (status, headers), or None: the connection is closed without an answer.
    """

    def __init__(self, *faults):
        self.faults = list(faults)
        self.seen = []

    def __enter__(self):
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                between.seen.append((dict(self.headers.items()), content, time.monotonic()))
                if between.faults:
                    self.misbehave(between.faults.pop(0))
                else:
                    self.forward(content)

            def do_GET(self):
                between.seen.append((dict(self.headers.items()), b"", time.monotonic()))
                if between.faults:
                    self.misbehave(between.faults.pop(0))
                else:
                    self.forward(b"")

            def misbehave(self, fault):
                if fault is None:
                    self.close_connection = True
                    return
                status, headers = fault
                self.answer(status, headers, b'{"error":{"message":"not now","type":"server_error","param":null,"code":null}}')

            def forward(self, content):
                target = urllib.parse.urlsplit(Server.url)
                upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=PATIENCE_S)
                passed = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
                upstream.request(self.command, self.path, content, passed)
                got = upstream.getresponse()
                kept = {k: v for k, v in got.getheaders() if k.lower() not in ("connection", "content-length", "transfer-encoding")}
                self.answer(got.status, kept, got.read())
                upstream.close()

            def answer(self, status, headers, content):
                self.send_response(status)
                if "content-type" not in {k.lower() for k in headers}:
                    self.send_header("Content-Type", "application/json")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *ignored):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *ignored):
        self.server.shutdown()
        self.server.server_close()

    def call(self, file=FOX, **options):
        with client(self.url, **options) as sdk:
            return sdk.audio.transcriptions.create(model="whisper-1", file=file, language="en")
