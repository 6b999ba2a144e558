# docker build -t aftermatch .
# BuildKit is needed (`DOCKER_BUILDKIT=1` where it is not the default).

# The official images, or the same from elsewhere (`--build-arg`).
ARG RUST_IMAGE=rust:1.95-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM $RUST_IMAGE AS build
WORKDIR /src
COPY . .
# `tls` is for a database behind TLS; without it the connection to it is plain.
ARG FEATURES=tls
# What is compiled stays in caches, which are no part of any image. Cargo tells what
# has changed by the age of files, and another checkout may have older ones: all that
# is not a dependency is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && cargo build --release --locked --package aftermatch --features "$FEATURES" \
    && install -D --mode=755 target/release/aftermatch /out/aftermatch

FROM $BASE_IMAGE
COPY --from=build /out/aftermatch /usr/local/bin/aftermatch
# A number, so that who demands "not root" can see that it is not. It owns nothing.
USER 10001:10001
ENV CHAT_LISTEN=0.0.0.0:8000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["aftermatch", "health"]
ENTRYPOINT ["aftermatch"]
CMD ["serve"]
