# docker build -t aftermatch .
# BuildKit is needed (`DOCKER_BUILDKIT=1` where it is not the default).

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# `tls` is for a database behind TLS; without it the connection to it is plain.
ARG FEATURES=tls
# What is compiled stays in caches, which are no part of any image. A migration that
# is new is seen only when the crate that holds them all is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    touch adapters/postgres/src/migrate.rs \
    && cargo build --release --locked --package aftermatch --features "$FEATURES" \
    && install -D --mode=755 target/release/aftermatch /out/aftermatch

FROM debian:bookworm-slim
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
