package io.sotto.http;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.ProtocolJson;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.AudioStore;
import io.sotto.storage.JobEvents;
import io.sotto.storage.JobStore;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Tenant;
import io.sotto.storage.Webhook;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request to transcribe becomes a job: the file into the audio store, then the row, then the
 * hint. A recording that the request names is brought in first. Whatever fails before the row is
 * committed leaves no object behind.
 */
final class Submission {
  private static final Logger LOG = LoggerFactory.getLogger(Submission.class);
  static final String KEY = "Idempotency-Key";
  private static final int PROMPT_CHARS_MAX = 4_000;
  private static final int KEY_CHARS_MAX = 255;
  private static final int NAME_CHARS_MAX = 255;
  private final HttpOptions options;
  private final JobStore jobs;
  private final AudioStore audio;
  private final JobEvents events;
  private final ModelRoster models;
  private final Entrance entrance;
  private final RemoteAudio remote;
  private final UploadRoom room;
  private final HttpMeters meters;

  Submission(
      HttpOptions options,
      JobStore jobs,
      AudioStore audio,
      JobEvents events,
      ModelRoster models,
      Entrance entrance,
      RemoteAudio remote,
      HttpMeters meters) {
    this.options = options;
    this.jobs = jobs;
    this.audio = audio;
    this.events = events;
    this.models = models;
    this.entrance = entrance;
    this.remote = remote;
    this.room = new UploadRoom(options.uploadsMemory());
    this.meters = meters;
  }

  /**
   * The job that was made or, for a repeated idempotency key, met; and the form it came with.
   * {@code keyed}: it came with such a key.
   */
  record Submitted(JobId job, boolean created, Form form, boolean keyed, ModelForm.Asked asked) {}

  /** How a route takes its form: which part is the file, and what the fields mean. */
  record Intake(Form.Part part, UnaryOperator<Form> translate) {}

  /** {@code extra} reads what else the route wants of the form and may refuse it. */
  Future<Submitted> submit(
      Caller caller, HttpServerRequest request, @Nullable Task task, Function<Form, ?> extra) {
    UnaryOperator<Form> asItIs =
        form -> {
          extra.apply(form);
          return form;
        };
    return submit(caller, request, task, new Intake(Form.Part.FILE, asItIs));
  }

  /** The form may have other names than ours. */
  Future<Submitted> submit(
      Caller caller, HttpServerRequest request, @Nullable Task task, Intake intake) {
    JobId id = JobId.create(System.currentTimeMillis());
    Tenant tenant = caller.tenant();
    String key = caller.idempotencyKey();
    return key(key)
        .compose(valid -> entrance.enter(tenant, key, request))
        .compose(
            guest ->
                received(request, id, intake.part())
                    .compose(form -> translated(form, intake))
                    .compose(form -> complete(tenant, id, form, task, hangUp(request)))
                    .compose(form -> insert(caller, id, form, task))
                    .onComplete(made -> told(guest, made)));
  }

  /** A form that has come already, and names its recording. */
  Future<Submitted> submit(Caller caller, Form form) {
    JobId id = JobId.create(System.currentTimeMillis());
    Tenant tenant = caller.tenant();
    String key = caller.idempotencyKey();
    return key(key)
        .compose(valid -> entrance.enter(tenant, key))
        .compose(
            guest ->
                complete(tenant, id, form, null, Promise.<Void>promise().future())
                    .compose(complete -> insert(caller, id, complete, null))
                    .onComplete(made -> told(guest, made)));
  }

  private Future<Form> received(HttpServerRequest request, JobId id, Form.Part part) {
    AudioKey key = AudioKey.upload(id);
    return room.during(
        request, () -> Form.receive(request, audio, key, options.uploadBytesMax(), part));
  }

  private static void told(Entrance.Guest guest, AsyncResult<Submitted> made) {
    if (made.succeeded() && made.result().created()) {
      guest.inserted();
    } else {
      guest.left();
    }
  }

  /** The key as it is, refused where it is none. */
  static Future<@Nullable String> key(@Nullable String key) {
    return key == null || !key.isBlank() && key.length() <= KEY_CHARS_MAX
        ? Future.succeededFuture(key)
        : Future.failedFuture(
            ApiError.badField(KEY, "the key must have 1 to " + KEY_CHARS_MAX + " characters"));
  }

  /** Completes when the client hangs up before it has its answer. */
  private static Future<Void> hangUp(HttpServerRequest request) {
    Promise<Void> gone = Promise.promise();
    request.response().closeHandler(hungUp -> gone.tryComplete());
    return gone.future();
  }

  /**
   * What is wrong with a request that names its recording is told before that is brought in. Who
   * hangs up while it is brought in gets no job: nobody knows of it, or a key makes it once more.
   */
  private Future<Form> complete(
      Tenant tenant, JobId id, Form form, @Nullable Task task, Future<Void> gone) {
    return Future.succeededFuture()
        .compose(
            go -> {
              if (form.audio() == null) {
                options(form, task);
                WebhookForm.read(form, options.webhooks());
                form.flag("dedupe");
              }
              return remote.complete(form, tenant, AudioKey.upload(id), gone);
            })
        .onFailure(refused -> forget(form))
        .compose(
            whole -> {
              if (form.audio() == null && gone.isComplete()) {
                forget(whole);
                return Future.failedFuture(Form.cutOff("the client hung up"));
              }
              return Future.succeededFuture(whole);
            });
  }

  private Future<Form> translated(Form form, Intake intake) {
    return Future.succeededFuture(form)
        .map(
            received -> {
              if (received.audio() == null && !intake.part().equals(Form.Part.FILE)) {
                String name = intake.part().name();
                throw ApiError.badField(name, "send the recording as multipart field " + name);
              }
              return intake.translate().apply(received);
            })
        .onFailure(refused -> forget(form));
  }

  private Future<Submitted> insert(Caller caller, JobId id, Form form, @Nullable Task task) {
    return Future.succeededFuture()
        .map(
            go -> {
              ModelForm.Asked asked = new ModelForm(form, models).read(options(form, task));
              return new Ready(newJob(caller, id, form, asked), asked);
            })
        .onFailure(refused -> forget(form))
        .compose(
            ready -> {
              CrashPoint.ENQUEUE_AFTER_PUT.pass();
              return jobs.insert(ready.job, options.admission())
                  .recover(failure -> failed(caller.tenant(), id, form, failure))
                  .compose(inserted -> settle(caller, id, form, inserted, ready.asked));
            });
  }

  private record Ready(NewJob job, ModelForm.Asked asked) {}

  private Future<JobStore.Inserted> failed(Tenant tenant, JobId id, Form form, Throwable failure) {
    if (failure instanceof SottoException why && full(why.code())) {
      forget(form);
      return entrance.refused(tenant, why);
    }
    return look(tenant, id, form, failure);
  }

  private static boolean full(FailureCode code) {
    return code == FailureCode.RATE_LIMIT_EXCEEDED || code == FailureCode.OVERLOADED;
  }

  /**
   * An insert without an answer may have been committed: the row decides. Where it cannot be read
   * either, the object stays, since a job may need it.
   */
  private Future<JobStore.Inserted> look(Tenant tenant, JobId id, Form form, Throwable unknown) {
    return jobs.find(tenant.id(), id)
        .recover(cannotTell -> Future.failedFuture(unknown))
        .compose(
            found -> {
              if (found.isPresent()) {
                return Future.succeededFuture(new JobStore.Inserted(id, true, true));
              }
              forget(form);
              return Future.failedFuture(unknown);
            });
  }

  private NewJob newJob(Caller caller, JobId id, Form form, ModelForm.Asked asked) {
    StoredAudio file = form.file();
    Webhook webhook = WebhookForm.read(form, options.webhooks());
    boolean dedupe = form.flag("dedupe");
    String hash = hash(asked, form.identity(), webhook, dedupe);
    return new NewJob(
        id,
        caller.tenant().id(),
        caller.idempotencyKey(),
        hash,
        asked.options(),
        file,
        clip(form.fileName()),
        clip(form.contentType()),
        webhook,
        dedupe,
        caller.trail());
  }

  /** What the client says of its file, as far as the database holds it. */
  private static @Nullable String clip(@Nullable String text) {
    return text == null
        ? null
        : text.substring(0, Math.min(NAME_CHARS_MAX, text.length())).replace('\0', ' ');
  }

  private TranscriptionOptions options(Form form, @Nullable Task fixed) {
    SpeakerForm.refuse(form);
    String model = models.resolve(form.field("model"));
    String prompt = form.field("prompt");
    if (prompt != null && prompt.length() > PROMPT_CHARS_MAX) {
      throw ApiError.badField(
          "prompt", "the prompt has more than " + PROMPT_CHARS_MAX + " characters");
    }
    return new TranscriptionOptions(
        model,
        language(form.field("language")),
        fixed == null ? task(form.field("task")) : fixed,
        prompt,
        new DecodingForm(form).read());
  }

  static @Nullable String language(@Nullable String asked) {
    if (asked == null || asked.equals("auto")) {
      return null;
    }
    return Languages.parse(asked)
        .orElseThrow(
            () ->
                new ApiError(
                    400,
                    FailureCode.UNSUPPORTED_LANGUAGE.code(),
                    "language",
                    "unknown language " + asked + "; use a code such as en, or leave it out"));
  }

  static Task task(@Nullable String name) {
    return name == null
        ? Task.TRANSCRIBE
        : Task.parse(name)
            .orElseThrow(() -> ApiError.badField("task", "task is transcribe or translate"));
  }

  /**
   * Everything that makes the request what it is. Fields that nodes of the version before do not
   * know are left out where a request has none of them: while a cluster is updated, a repeated
   * request may meet either version.
   */
  static String hash(
      ModelForm.Asked asked, String recording, @Nullable Webhook webhook, boolean dedupe) {
    String known = asked.written().toString().replace(", logprobs=null]", "]");
    StringBuilder text = new StringBuilder(known + "\n" + recording);
    text.append(asked.wishes());
    if (webhook != null) {
      text.append("\nwebhook=").append(ProtocolJson.write(webhook));
    }
    if (dedupe) {
      text.append("\ndedupe");
    }
    return Sha256.hex(text.toString());
  }

  /** Of a key that came before with another request. */
  static ApiError keyReused() {
    return new ApiError(
        422, "idempotency_key_reused", KEY, "the key belongs to another request; use a new one");
  }

  private Future<Submitted> settle(
      Caller caller, JobId id, Form form, JobStore.Inserted inserted, ModelForm.Asked asked) {
    if (!inserted.sameRequest()) {
      forget(form);
      return Future.failedFuture(keyReused());
    }
    if (inserted.created()) {
      CrashPoint.ENQUEUE_AFTER_INSERT.pass();
      meters.accepted(asked.options().model(), form.file().bytes());
      Subject job = Subject.of(id, null, 0, caller.trail());
      LOG.info("accepted {} bytes={}", job, form.file().bytes());
      events.accepted(id);
      CrashPoint.ENQUEUE_BEFORE_REPLY.pass();
    } else {
      forget(form);
    }
    return Future.succeededFuture(
        new Submitted(
            inserted.id(), inserted.created(), form, caller.idempotencyKey() != null, asked));
  }

  private void forget(Form form) {
    StoredAudio file = form.audio();
    if (file != null) {
      audio.delete(file.key());
    }
  }
}
