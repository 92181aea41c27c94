# syntax=docker/dockerfile:1.19
# The image of Sotto: build, cpu, gpu. No shell and no package manager in cpu; one program, the roles are its arguments:
#   docker build --target cpu --tag sotto:0.1.0 .
#   docker run sotto:0.1.0 serve --roles worker
# Runs as uid 65532 on a read-only root; writes to /tmp and /var/cache/sotto alone, and only the latter must allow programs.
# scripts/image-tree.sh builds the files of cpu without Docker, from the COPY lines below.
ARG BUILD_BASE=maven:3.9.16-eclipse-temurin-25-noble@sha256:7e461cec477077c1d9e50b13df8aef9018764410f4c4cd7c34803f10c4c99e4c
ARG CPU_BASE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
ARG GPU_BASE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04@sha256:8aef630a54bc5c5146ae5ce68e6af5caa3df0fb690bb91544175c91f307e4356

FROM ${BUILD_BASE} AS source
WORKDIR /src
COPY . .

FROM source AS build
RUN --mount=type=cache,target=/root/.m2 \
    mvn --batch-mode -q -pl verticles/node -am package -DskipTests -DskipChecks=true && scripts/image-parts.sh /image

FROM source AS build-gpu
RUN --mount=type=cache,target=/root/.m2 \
    mvn --batch-mode -q -pl verticles/node -am package -DskipTests -DskipChecks=true -Pgpu && scripts/image-parts.sh /image

# What changes least comes first: a new version of the product ships the last layer, some megabytes, and nothing else.
FROM ${CPU_BASE} AS cpu
COPY --from=build /image/runtime/ /opt/sotto/lib/runtime/
COPY --from=build /image/libraries/ /opt/sotto/
COPY --from=build /image/models/ /opt/sotto/models/
COPY --from=build --chown=65532:65532 /image/writable/ /var/cache/sotto/
COPY --from=build /image/product/ /opt/sotto/
ENV SOTTO_NODE_CACHE=/var/cache/sotto SOTTO_INGEST_TEMP=/tmp/sotto-ingest SOTTO_HTTP_HOST=0.0.0.0 SOTTO_HTTP_MANAGEMENT_HOST=0.0.0.0
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080 8081
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --start-interval=5s --retries=3 CMD ["/opt/sotto/bin/sotto", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/sotto/bin/sotto"]
CMD ["serve"]

# CUDA's libraries come with a whole Ubuntu: this one has a shell, which the process cannot use for more than its uid may.
FROM ${GPU_BASE} AS gpu
COPY --from=build-gpu /image/runtime/ /opt/sotto/lib/runtime/
COPY --from=build-gpu /image/libraries/ /opt/sotto/
COPY --from=build-gpu /image/models/ /opt/sotto/models/
COPY --from=build-gpu --chown=65532:65532 /image/writable/ /var/cache/sotto/
COPY --from=build-gpu /image/product/ /opt/sotto/
ENV SOTTO_NODE_CACHE=/var/cache/sotto SOTTO_INGEST_TEMP=/tmp/sotto-ingest SOTTO_HTTP_HOST=0.0.0.0 SOTTO_HTTP_MANAGEMENT_HOST=0.0.0.0 SOTTO_WORKER_DEVICE=cuda
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080 8081
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --start-interval=5s --retries=3 CMD ["/opt/sotto/bin/sotto", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/sotto/bin/sotto"]
CMD ["serve"]
